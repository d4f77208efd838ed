"""What a bench prints."""

import json

from bench.figures import Figure, Yardstick, percentile, table


class TestPercentile:
    def test_is_a_measured_value_that_so_many_do_not_exceed(self):
        values = [float(number) for number in range(100, 0, -1)]

        assert percentile(values, 0.5) == 51.0
        assert percentile(values, 0.99) == 100.0

    def test_of_one_value_is_that_value(self):
        assert percentile([7.0], 0.99) == 7.0


class TestFigure:
    def test_states_its_share_of_the_yardstick(self):
        yardstick = Yardstick(name="bare", figure=2000.0)

        figure = Figure(name="row", figure=500.0, unit="req/s", verified=True, yardstick=yardstick)

        stored = json.loads(figure.as_json())
        assert stored["ratio"] == 0.25
        assert stored["yardstick"]["figure"] == 2000.0
        assert stored["verified"] is True

    def test_shouts_when_the_database_does_not_agree(self):
        lines = table([Figure(name="row", figure=1.0, unit="req/s", verified=False)]).splitlines()

        assert "NO" in lines[2]
