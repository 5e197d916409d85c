from helpers.widgets.history import explorer, render, simulate


def test_while_it_fills_each_fake_comes_straight_back():
    shown, remembered = simulate(50)
    assert shown[:50].tolist() == list(range(50))
    assert remembered[49] == tuple(range(50)) and remembered[9] == tuple(range(10))


def test_then_half_are_older_and_what_was_shown_is_forgotten():
    shown, remembered = simulate(50)
    old = [step for step in range(50, 200) if shown[step] < step]
    assert 50 < len(old) < 100
    for step in old:
        assert shown[step] in remembered[step - 1] and shown[step] not in remembered[step]
        assert step in remembered[step] and len(remembered[step]) == 50


def test_without_places_nothing_is_remembered():
    shown, remembered = simulate(0)
    assert shown.tolist() == list(range(200)) and remembered[-1] == ()


def test_each_control_changes_the_figure():
    controls, image, _ = explorer().children
    play, capacity, step = controls.children
    assert play.max == step.max == 199
    before = image.value
    play.value = 150
    assert step.value == 150
    moved = image.value
    capacity.value = 10
    assert len({before, moved, image.value}) == 3
    assert image.value == render(10, 150)
    for edge in (0, 199):
        step.value = edge
    for edge in (0, 100):
        capacity.value = edge
