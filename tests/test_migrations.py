"""The migrations make the tables that the models describe."""

from tortoise.context import TortoiseContext
from tortoise.migrations.autodetector import MigrationAutodetector

from itcook.database import tortoise_config
from itcook.settings import Settings


async def test_no_model_is_ahead_of_the_migrations(settings: Settings) -> None:
    """`make migration` would have nothing to write."""
    config = tortoise_config(settings)
    async with TortoiseContext() as context:
        await context.init(config=config, init_connections=False)
        assert context.apps is not None
        assert await MigrationAutodetector(context.apps, config["apps"]).changes() == []
