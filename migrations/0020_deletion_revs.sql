-- The rev that a repo had when a deletion of its account first arrived; null: none has. At each deletion of the
-- account repos.rev goes back to it, so that what a replayed deletion removes is taken again from the commits
-- behind it.
ALTER TABLE users ADD COLUMN deletion_rev text COLLATE "C";
