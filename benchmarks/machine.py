"""The machine a benchmark runs on, in words, and the memory of its own process (Linux)."""

import os
import platform
from pathlib import Path

import torch
import transformers

GIGABYTE = 1e9


def machine() -> str:
    """Cores, memory, accelerator and versions, one line."""
    names = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    device = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return (
        f"{os.cpu_count()} cores ({names[0] if names else platform.machine()}), {free_gigabytes():.0f} GB free memory{device}, "
        f"torch {torch.__version__}, transformers {transformers.__version__}, float32"
    )


def free_gigabytes() -> float:
    """Memory that a new process can have, in 10**9 bytes; a tenth is left to others."""
    line = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemAvailable"))
    return 0.9 * int(line.split()[1]) * 1024 / GIGABYTE


def memory_now(device: str) -> int:
    """Bytes held now; from here on the peak counts."""
    if device != "cpu":
        torch.cuda.reset_peak_memory_stats()
        return torch.cuda.memory_allocated()
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak (proc(5))
    return _status("VmRSS")


def memory_peak(device: str) -> int:
    """The most bytes held since `memory_now`."""
    return _status("VmHWM") if device == "cpu" else torch.cuda.max_memory_allocated()


def _status(name: str) -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024
