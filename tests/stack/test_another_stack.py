"""The environment in which a test speaks of another stack than the one it runs in."""

from stack.environment import for_another_stack

DEMO = {"database": "postgresql://there", "redis": "redis://there", "kafka": "there:9092"}


class TestForAnotherStack:
    def test_names_the_other_stacks_servers_and_none_of_the_callers_secrets(self) -> None:
        callers = {"SECRET_KEY": "here", "DATABASE_URL": "postgresql://here", "AQUASTREAM_STATE": "/here", "HOME": "/h"}

        given = for_another_stack(callers, demo=DEMO)

        assert given == {
            "HOME": "/h",
            "DATABASE_URL": "postgresql://there",
            "REDIS_URL": "redis://there",
            "KAFKA_BOOTSTRAP_SERVERS": "there:9092",
        }
