"""The environment of a confined child: by allow-list, so that no address, password or key gets in.

What decides how many threads libraries start stands here too: it must be said before any of them is loaded.
"""

import ctypes
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ALLOWED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TESSDATA_PREFIX", "LD_LIBRARY_PATH")
# What a picture gives back is asked for again at once: it is kept, in huge pages where the kernel lends them.
# 32 MiB is the most that glibc takes for mmap_threshold; told more, it would map each picture anew.
KEPT_MEMORY = (
    "glibc.malloc.trim_threshold=268435456:glibc.malloc.mmap_threshold=33554432"
    ":glibc.malloc.top_pad=16777216:glibc.malloc.hugetlb=1"
)
ALWAYS: Mapping[str, str] = {
    "PYTHONPATH": str(ROOT),
    "OMP_THREAD_LIMIT": "1",  # Tesseract's threads cost four times what they bring
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYDANTIC_DISABLE_PLUGINS": "__all__",  # looking for some costs as much as a task
    "GLIBC_TUNABLES": KEPT_MEMORY,
    "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime's; the thread for it starts with its import
}
OF_TASK = ("TMPDIR",)
PR_SET_DUMPABLE = 4  # prctl(2)


def child_environment(ours: Mapping[str, str]) -> dict[str, str]:
    """What of `ours` a child may know, and what all children are told."""
    return {name: ours[name] for name in ALLOWED if name in ours} | dict(ALWAYS)


def is_clean(environment: Mapping[str, str]) -> bool:
    """Does this environment hold nothing but what a child may know?"""
    return set(environment) <= {*ALLOWED, *ALWAYS, *OF_TASK}


def hide_from_children() -> None:
    """Close /proc/self of this process to others of its account: for kernels whose Landlock does not.

    It costs core dumps of this process.
    """
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
