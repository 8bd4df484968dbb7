"""What Linux knows of processes: CPU time and memory."""

import os

_TICKS = os.sysconf("SC_CLK_TCK")


def _stat(pid):
    """The fields of /proc/PID/stat behind the program's name; None if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return None


def cpu_seconds_of_tree(pid):
    """CPU time of a process, of its children, and of those children that are gone."""
    total = 0
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        fields = _stat(entry)
        if fields is None:
            continue
        # utime and stime are fields 14 and 15 of the file; the first two are cut off here.
        if int(entry) == pid:
            total += sum(map(int, fields[11:15]))  # with cutime and cstime
        elif int(fields[1]) == pid:
            total += sum(map(int, fields[11:13]))
    return total / _TICKS


def cpu_seconds_of(pid):
    """CPU time of a process and its threads, to the hundredth; None if it is gone."""
    fields = _stat(pid)
    return None if fields is None else sum(map(int, fields[11:13])) / _TICKS


def peak_rss_mb(pid):
    """VmHWM in MiB; 0 if the process is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0
