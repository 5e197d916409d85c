"""Devices, precision and threads: what is chosen, on hardware that these tests only pretend."""

import itertools

import pytest
import torch

from helpers import devices
from helpers.settings import UserError

CPU, GPU = torch.device("cpu"), torch.device("cuda")


def raising(error):
    def trial(device, dtype=torch.float32):
        if device.type != "cpu":
            raise error

    return trial


TOO_OLD = RuntimeError("CUDA error: no kernel image is available for execution on the device\n...")


@pytest.fixture
def has(monkeypatch):
    """Pretends that this machine has certain accelerators; their trials do nothing."""

    def pretend(*kinds, trial=lambda *args: None):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in kinds)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: "mps" in kinds)
        monkeypatch.setattr(devices, "training_like", trial)

    return pretend


@pytest.mark.parametrize(
    "kinds, chosen",
    [((), "cpu"), (("mps",), "mps"), (("cuda",), "cuda"), (("cuda", "mps"), "cuda")],
)
def test_a_gpu_is_chosen_where_there_is_one(has, kinds, chosen, capsys):
    has(*kinds)
    assert devices.choose_device().type == chosen
    assert devices.choose_device("cpu") == CPU
    assert not capsys.readouterr().out


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_a_gpu_that_cannot_compute_is_passed_over_with_a_sentence(has, kind, capsys):
    has(kind, trial=raising(TOO_OLD))
    assert devices.choose_device() == CPU
    told = capsys.readouterr().out
    assert told.count("\n") == 1 and "no kernel image" in told and "the CPU is used" in told


def test_a_named_device_that_cannot_compute_is_one_sentence(has):
    has("cuda", trial=raising(TOO_OLD))
    with pytest.raises(
        UserError, match=r"^Device 'cuda:1' .*no kernel image.*: try --device cpu\.$"
    ):
        devices.choose_device("cuda:1")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has one")
@pytest.mark.parametrize("name", ["cuda", "cuda:7", "gpu", "mps:x"])
def test_a_device_that_is_not_there_is_one_sentence(name):
    with pytest.raises(UserError, match="is not available here") as error:
        devices.choose_device(name)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "capability, dtype",
    [((9, 0), "bfloat16"), ((8, 0), "bfloat16"), ((7, 5), "float16"), ((6, 0), "float16")],
)
def test_precision_of_a_gpu_is_what_it_has_in_hardware(monkeypatch, capability, dtype):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda *args, **kwargs: True)
    assert devices.choose_precision("auto", GPU) == getattr(torch, dtype)
    assert devices.choose_precision("float32", GPU) == torch.float32


class Clock:
    """Time that passes only where a test says so."""

    def __init__(self, monkeypatch):
        self.now = 0.0
        for clock in ("perf_counter", "monotonic"):
            monkeypatch.setattr(devices.time, clock, lambda: self.now)

    def passing(self, seconds):
        def work(*args):
            self.now += next(seconds) if hasattr(seconds, "__next__") else seconds

        return work


@pytest.mark.parametrize(
    "bfloat16_takes, dtype", [(0.4, "bfloat16"), (0.95, "float32"), (9, "float32")]
)
def test_precision_of_a_processor_is_what_a_trial_finds_faster(
    monkeypatch, threads, bfloat16_takes, dtype
):
    clock = Clock(monkeypatch)

    def trial(device, dtype=torch.float32):
        assert threads[-1] == 1
        clock.now += 0.01 * (bfloat16_takes if dtype == torch.bfloat16 else 1)

    monkeypatch.setattr(devices, "training_like", trial)
    assert devices.choose_precision("auto", CPU) == getattr(torch, dtype)
    assert threads[-1] == 4


def test_precision_of_apples_gpu_is_float32():
    assert devices.choose_precision("auto", torch.device("mps")) == torch.float32


@pytest.fixture
def threads(monkeypatch):
    """PyTorch's number of threads, as a list of the numbers that were set, the first being 4."""
    told = [4]
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(torch, "get_num_threads", lambda: told[-1])
    monkeypatch.setattr(torch, "set_num_threads", told.append)
    return told


@pytest.mark.parametrize("four_take, chosen", [(0.3, 4), (0.95, 1), (3.0, 1)])
def test_the_faster_number_of_threads_is_set(threads, monkeypatch, four_take, chosen):
    clock = Clock(monkeypatch)

    def work():
        clock.now += 0.1 * (four_take if threads[-1] == 4 else 1)

    assert devices.choose_threads(work) == chosen == threads[-1]


def test_a_run_that_went_down_to_one_thread_comes_back_to_all(threads, monkeypatch):
    clock, busy = Clock(monkeypatch), [True]

    def work():
        clock.now += 0.1 * ((3.0 if busy[0] else 0.3) if threads[-1] == 4 else 1)

    run = devices.Threads(work)
    assert threads[-1] == 1
    busy[0] = False
    for seconds in 20 * [0.1] + 5 * [0.4]:
        clock.now += seconds
        run.after_step()
    assert threads[-1] == 4


def test_a_number_of_threads_that_the_user_chose_is_kept(threads, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    assert devices.choose_threads(pytest.fail) == 4
    monkeypatch.delenv("OMP_NUM_THREADS")
    threads.append(1)
    assert devices.choose_threads(pytest.fail) == 1


@pytest.mark.parametrize("takes, runs", [(0.01, 8), (0.3, 3), (60, 2)])
def test_a_trial_ends_after_its_turns_or_its_seconds(monkeypatch, takes, runs):
    work, count = Clock(monkeypatch).passing(takes), itertools.count()
    assert devices.speed_up(work, lambda: (next(count), work())) == pytest.approx(1)
    assert next(count) == runs


def test_a_trial_is_not_misled_by_one_slow_run(monkeypatch):
    clock = Clock(monkeypatch)
    slow_once = itertools.chain([0.01] * 3, [0.2], itertools.repeat(0.01))
    assert devices.speed_up(clock.passing(0.02), clock.passing(slow_once)) == pytest.approx(2)


@pytest.mark.parametrize("seconds, slowed", [
    ([1] * 20, False),
    ([1] * 20 + [4] * 5, True),
    ([1] * 20 + [4] * 4, False),
    ([1] * 20 + [4, 4, 1, 4, 4], False),
    ([1] * 20 + [2.9] * 5, False),
    ([1, 30, 1, 1, 1, 1] + [4] * 5, True),
    ([0.1] + [1] * 9 + [2] * 5, False),
    ([1] * 4 + [9] * 5, False),
    ([], False),
])  # fmt: skip
def test_steps_that_suddenly_take_three_times_as_long_are_noticed(seconds, slowed):
    assert devices.has_slowed(seconds) == slowed


def test_a_trial_computes_in_the_precision_that_it_is_given():
    seen = []

    class Spy(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            y = function(*args, **(kwargs or {}))
            if function is torch.nn.functional.conv2d:
                seen.append(y.dtype)
            return y

    with Spy():
        devices.training_like(CPU)
        devices.training_like(CPU, torch.bfloat16)
    assert seen == [torch.float32, torch.bfloat16]
