"""What a container's control group lets this process use."""

from pathlib import Path

# cgroup v2, and v1, which holds a number of about 2^63 where there is no limit.
MEMORY = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def memory_mib(files: tuple[Path, ...] = MEMORY) -> int | None:
    """The limit in MiB; None where there is none, or none that can be read."""
    for path in files:
        try:
            limit = int(path.read_text(encoding="ascii")) // 2**20
        except (OSError, ValueError):
            continue
        return limit if limit < 2**30 else None
    return None
