"""Whether memory is enough for the console's processes and the hashes of passwords."""

# Of one hash by Argon2id, by a line of OWASP's table (services/people/hashing.py).
#
# Above 32 MiB, glibc gives memory back as soon as it is freed; below, each thread that has ever
# hashed keeps its share (mallopt(3), M_MMAP_THRESHOLD).
HASH_KIB = 46 * 1024
# Of a process with the console in it, after a tour of its pages (make bench, "memory"), and how
# many of them run beside the workers (miyabi_admin/background.py).
PROCESS_MIB, BESIDE = 110, 1


def shortage(workers: int, threads: int, hashes_at_once: int, limit_mib: int | None) -> str:
    """What a start should warn of, "" when memory is enough or has no limit."""
    at_once = min(hashes_at_once, workers * threads)
    hashes, processes = at_once * HASH_KIB // 1024, (workers + BESIDE) * PROCESS_MIB
    if limit_mib is None or hashes + processes <= limit_mib:
        return ""
    return (
        f"Memory may run out. Workers: {workers} with {threads} threads each, and one "
        f"process beside them, about {processes} MiB. Passwords hashed at once: {at_once}, "
        f"{hashes} MiB. This container may use {limit_mib} MiB. Give it more, or lower "
        "WEB_CONCURRENCY or HASHES_AT_ONCE."
    )
