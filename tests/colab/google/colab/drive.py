"""A Drive that is a folder of this machine."""

from pathlib import Path


def mount(mountpoint: str, force_remount: bool = False) -> None:
    """Makes the folder MyDrive at `mountpoint`, as mounting does on Colab."""
    (Path(mountpoint) / "MyDrive").mkdir(parents=True, exist_ok=True)
    print(f"Mounted at {mountpoint}")
