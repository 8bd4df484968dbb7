-- A frame, or a record of it, is put aside once, however often the answer to its COMMIT is lost.
DELETE FROM dead_letters a USING dead_letters b
  WHERE a.id > b.id AND a.service = b.service AND a.seq = b.seq AND a.path = b.path;
CREATE UNIQUE INDEX dead_letters_place ON dead_letters (service, seq, path);
