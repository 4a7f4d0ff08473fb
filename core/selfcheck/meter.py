"""What a device says of itself: when it is done, how much it holds, how fast its memory is."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

COPIES = 8


class Meter:
    """Of one device: cpu, cuda or mps."""

    def __init__(self, place: str) -> None:
        self.place = place
        self._most = 0

    def wait(self) -> None:
        """Until the device has done all that it was given."""
        import torch

        if self.place == "cuda":
            torch.cuda.synchronize()
        elif self.place == "mps":
            torch.mps.synchronize()

    def held(self) -> int:
        """Bytes in tensors: as the device counts them, on a CPU those that Python can reach."""
        import torch

        gc.collect()
        if self.place == "cuda":
            return int(torch.cuda.memory_allocated())
        if self.place == "mps":
            return int(torch.mps.current_allocated_memory())
        tensors = (each for each in gc.get_objects() if issubclass(type(each), torch.Tensor))
        storages = (each.untyped_storage() for each in tensors if each.device.type == "cpu")
        return sum({each.data_ptr(): each.nbytes() for each in storages}.values())

    def watch(self) -> None:
        """Begin to look for the most that is held."""
        import torch

        self._most = 0
        if self.place == "cuda":
            torch.cuda.reset_peak_memory_stats()

    def look(self) -> None:
        """Only CUDA keeps count of the most itself."""
        if self.place != "cuda":
            self._most = max(self._most, self.held())

    def most(self) -> int:
        """Bytes that were held at the most: between two looks only on CUDA."""
        import torch

        return int(torch.cuda.max_memory_allocated()) if self.place == "cuda" else self._most

    def copied_a_second(self, size: int) -> float:
        """Bytes read and written a second when `size` bytes are copied within its memory."""
        import torch

        source = torch.ones(size // 4, device=self.place)
        target = torch.empty_like(source)
        target.copy_(source)
        self.wait()
        started = time.perf_counter()
        for _ in range(COPIES):
            target.copy_(source)
        self.wait()
        return 2 * COPIES * source.nbytes / (time.perf_counter() - started)

    @contextmanager
    def limited(self, size: int) -> Iterator[None]:
        """On CUDA: no more than so many bytes may be held by this process."""
        import torch

        torch.cuda.empty_cache()
        share = size / torch.cuda.mem_get_info()[1]
        torch.cuda.set_per_process_memory_fraction(min(1.0, share))
        try:
            yield
        finally:
            torch.cuda.set_per_process_memory_fraction(1.0)
