"""Folders of pictures in memory and decoded on the fly: the same, to the bit."""

import dataclasses
import gc
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from helpers import folders, images
from helpers.settings import PRESETS, UserError
from helpers.training import Run, train

ROOT = Path(__file__).parent.parent
RED = (200, 40, 30)


def red(size=(40, 30)):
    return Image.new("RGB", size, RED)


def test_folders_without_pictures_are_named(tmp_path):
    with pytest.raises(UserError, match="no folder"):
        images.load_folder(tmp_path / "nowhere", 32)
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(UserError, match="holds no pictures but 1 .txt"):
        images.load_folder(tmp_path, 32)
    red().save(tmp_path / "one.png")
    with pytest.raises(UserError, match="too few pictures .1.: at least 2"):
        images.load_folder(tmp_path, 32)
    with pytest.raises(UserError, match="no trainA and trainB"):
        images.folder_domains(tmp_path, 32)


@pytest.mark.parametrize("size", [(1, 1), (5, 300), (2000, 1500), (33, 32)])
def test_tiny_and_huge_pictures_fit(tmp_path, size):
    for name in "ab":
        red(size).save(tmp_path / f"{name}.png")
    loaded = images.load_folder(tmp_path, 36)
    assert loaded.shape == (2, 3, 36, 36) and loaded.dtype == torch.uint8
    assert loaded[0, :, 18, 18].tolist() == list(RED)


def test_a_test_folder_leaves_out_what_was_trained_on(two_folders, tmp_path, caplog):
    for split in ("train", "test"):
        for domain in "AB":
            shutil.copytree(two_folders / f"train{domain}", tmp_path / f"{split}{domain}")
    a, b = (tmp_path / name for name in ("testA", "testB"))
    for path in (*sorted(a.iterdir())[1:], *b.iterdir()):  # one copy stays, in testA
        picture = Image.open(path)
        picture.putpixel((0, 0), (1, 2, 3))
        picture.save(path)
    test = images.folder_domains(tmp_path, 36, "test")
    assert (len(test.a), len(test.b)) == (6, 5)
    assert f"{a}: left out, as trainA holds the same: 0.png." in caplog.text
    assert len(images.folder_domains([a, b], 36).a) == 6  # as `evaluate` names them
    assert len(images.load_folder(tmp_path / "trainA", 36)) == 7
    assert len(images.load_folder(a.rename(tmp_path / "mine"), 36)) == 7


def test_short_side_is_scaled_and_the_middle_cut_out(tmp_path):
    wide = Image.new("RGB", (300, 100), "blue")
    wide.paste(red((100, 100)), (100, 0))
    for name in "ab":
        wide.save(tmp_path / f"{name}.png")
    assert images.load_folder(tmp_path, 50)[:, 0].float().mean() > 195


def test_names_of_the_domains(tmp_path):
    assert images.domain_names(tmp_path / "horse2zebra") == ("horse", "zebra")
    assert images.domain_names(["x/cats", "x/dogs"]) == ("cats", "dogs")
    assert images.domain_names(["x/train", "y/train"]) == images.domain_names("x/y") == ("a", "b")


@pytest.fixture(scope="module")
def two_folders(tmp_path_factory):
    """7 and 5 noisy pictures: an epoch ends between steps and within a batch."""
    root, rng = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for split, count in (("trainA", 7), ("trainB", 5)):
        (root / split).mkdir()
        for i in range(count):
            noise = rng.integers(0, 256, (40, 50, 3), np.uint8)
            Image.fromarray(noise).save(root / split / f"{i}.png")
    return root


@pytest.fixture
def streamed(two_folders, monkeypatch):
    monkeypatch.setattr(folders, "MOST_IN_MEMORY", 0)
    domains = images.folder_domains(two_folders, 36)
    assert isinstance(domains, images.Streamed)
    return domains


@pytest.fixture
def held(two_folders):
    a, b = (images.load_folder(two_folders / split, 36) for split in ("trainA", "trainB"))
    return images.Domains(a, b)


def test_streamed_batches_are_those_of_memory_to_the_bit(streamed, held):
    assert len(streamed) == len(held) == 7 and streamed.names == held.names
    for size, seed, steps in ((1, 0, range(16)), (3, 0, range(6)), (3, 1, (9, 10, 4, 4, 5))):
        for step in steps:
            for found, wanted in zip(
                streamed.batch(step, size, 32, seed), held.batch(step, size, 32, seed)
            ):
                assert torch.equal(found, wanted)
    for found, wanted in zip(streamed.some(3), held.some(3)):
        assert torch.equal(found, wanted)
    assert streamed.checksums() == held.checksums()


def test_consecutive_steps_do_not_start_the_workers_anew(streamed, monkeypatch):
    started, in_workers = [], folders.in_workers
    monkeypatch.setattr(
        folders, "in_workers", lambda *a, **k: started.append(1) or in_workers(*a, **k)
    )
    for step in (3, 4, 5, 6, 5):
        streamed.batch(step, 1, 32, 0)
    assert len(started) == 2


def test_streaming_draws_no_random_number_of_the_caller(streamed):
    before = torch.get_rng_state()
    streamed.batch(0, 1, 32, 0)
    assert torch.equal(before, torch.get_rng_state())


def test_pictures_for_another_device_go_there(streamed):
    moved = streamed.to(torch.device("meta"))
    assert moved.some(2)[0].device.type == "meta" and len(moved) == len(streamed)
    assert moved.whole(0, 1, 0)[1].device.type == "meta"


def test_a_streamed_run_is_that_of_memory_and_resumes(streamed, held, tmp_path):
    preset = dataclasses.replace(PRESETS["smoke"], steps=6, decay_steps=3)

    def stop(run):
        if run.step == 4:
            raise InterruptedError

    with pytest.raises(InterruptedError):  # after step 4, with a checkpoint of step 3
        train(Run(preset), streamed, tmp_path, stop, progress_every=1, save_seconds=0)
    again, whole = Run(preset), Run(preset)
    steps = []
    train(again, streamed, tmp_path, lambda run: steps.append(run.step), progress_every=1)
    train(whole, held)
    assert steps == [3, 4, 5, 6], "it must go on, not begin"
    assert torch.equal(again.losses, whole.losses)
    for resumed, uncut in zip(again.nets, whole.nets):
        for p, q in zip(resumed.parameters(), uncut.parameters()):
            assert torch.equal(p, q)


def test_a_damaged_file_is_named_in_the_same_words(streamed, two_folders, tmp_path):
    for path in two_folders.glob("trainA/*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "3.png").write_bytes((tmp_path / "3.png").read_bytes()[:2000])
    pictures = folders.Folder(tmp_path, 36)
    told = []
    domains = images.Streamed(pictures, pictures, ("a", "b"))
    readers = (
        pictures.load, domains.checksums, lambda: [domains.batch(s, 1, 32, 0) for s in range(7)]
    )  # fmt: skip
    for read in readers:
        with pytest.raises(UserError) as error:
            read()
        told.append(str(error.value))
    assert len(set(told)) == 1 and "3.png cannot be read" in told[0] and "\n" not in told[0]


def test_workers_end_with_their_domains_and_with_an_error(two_folders, tmp_path):
    """At once, even where only the garbage collector finds them, as after an exception."""
    pictures = folders.Folder(two_folders / "trainA", 36)
    domains = images.Streamed(pictures, pictures, ("a", "b"))
    domains.batch(0, 1, 32, 0)
    domains.itself = domains
    assert len(multiprocessing.active_children()) == folders.WORKERS
    start = time.monotonic()
    del domains
    gc.collect()
    assert not multiprocessing.active_children()
    pictures.paths[0] = tmp_path / "gone.png"
    domains = images.Streamed(pictures, pictures, ("a", "b"))
    with pytest.raises(UserError, match="no picture at .*gone.png"):
        [domains.batch(step, 1, 32, 0) for step in range(7)]
    assert not multiprocessing.active_children()
    assert time.monotonic() - start < 4, "PyTorch waits 5 seconds for a worker that is not told"


def test_memory_is_told_beforehand(two_folders, caplog, monkeypatch):
    caplog.set_level("INFO")
    monkeypatch.setattr(folders, "available_memory", lambda: 2e9)
    images.folder_domains(two_folders, 286)
    told = "12 pictures of 286 px take 0.00 GB of memory, where 2.0 GB are free: they are "
    assert caplog.messages == [told + "decoded once and kept there."]


@pytest.mark.parametrize("most, free, kept", [
    (4e9, 1e6, True), (4e9, 93_312, True), (4e9, 93_310, False), (46_655, 1e9, False),
])  # fmt: skip
def test_more_than_half_of_what_is_free_is_streamed(two_folders, monkeypatch, most, free, kept):
    monkeypatch.setattr(folders, "MOST_IN_MEMORY", most)  # 12 pictures take 46,656 bytes
    monkeypatch.setattr(folders, "available_memory", lambda: free)
    assert type(images.folder_domains(two_folders, 36)) is (
        images.Domains if kept else images.Streamed
    )


def test_available_memory_heeds_a_container(monkeypatch):
    texts = {"/proc/meminfo": "MemTotal: 9 kB\nMemAvailable:    2048 kB\n"}

    def read_text(path):
        if str(path) not in texts:
            raise FileNotFoundError
        return texts[str(path)]

    monkeypatch.setattr(Path, "read_text", read_text)
    assert folders.available_memory() == 2048 * 1024
    texts["/sys/fs/cgroup/memory.max"] = "max\n"
    assert folders.available_memory() == 2048 * 1024
    texts["/sys/fs/cgroup/memory.max"] = "1000000\n"
    assert folders.available_memory() == 1_000_000
    texts.clear()
    assert folders.available_memory() == float("inf")


def test_loading_never_holds_the_pictures_twice(tmp_path, monkeypatch):
    for i in range(40):
        red().save(tmp_path / f"{i}.png")
    alive, most, to_tensor = weakref.WeakSet(), [0], folders.to_tensor

    def counted(image):
        picture = to_tensor(image)
        alive.add(picture)
        most[0] = max(most[0], len(alive))
        return picture

    monkeypatch.setattr(folders, "to_tensor", counted)
    assert len(images.load_folder(tmp_path, 36)) == 40
    assert most[0] <= 2 * folders.WORKERS


@pytest.mark.parametrize("groups", [True, False])
def test_what_a_worker_does_about_signals(monkeypatch, groups):
    done = []
    monkeypatch.setattr(signal, "signal", lambda *setting: done.append(setting))
    monkeypatch.setattr(os, "setpgid", lambda *group: done.append(group), raising=False)
    if not groups:
        monkeypatch.delattr(os, "setpgid")
    folders.leave_signals_to_parent(0)
    last = (0, 0) if groups else (signal.SIGINT, signal.SIG_IGN)
    assert done == [(signal.SIGTERM, signal.SIG_DFL), last]


@pytest.mark.skipif(os.name != "posix", reason="groups of processes are POSIX's")
@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_to_the_whole_group_still_saves(two_folders, tmp_path, number, code):
    """As Ctrl-C in a terminal: the workers get it too, and must not die of it."""
    script = f"""
import os, signal, sys
from helpers import __main__, folders, training
folders.MOST_IN_MEMORY = 0
step, calls = training.train_step, []
def step_and_signal(*arguments):
    calls.append(1)
    if len(calls) == 3:
        os.killpg(0, {int(number)})
    return step(*arguments)
training.train_step = step_and_signal
sys.exit(__main__.main(sys.argv[1:]))
"""
    command = ["train", "--preset", "smoke", "--data", two_folders, "--out", tmp_path, "--steps=99"]
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, command)], cwd=ROOT, capture_output=True,
        text=True, timeout=300, start_new_session=True, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["step"] == 3
