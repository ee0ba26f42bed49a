"""Has the server of a module run once on each database."""

from collections.abc import AsyncIterator, Mapping

import pytest

from tests.support.postgres import SECRET, Cluster


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def database_settings(request: pytest.FixtureRequest) -> AsyncIterator[Mapping[str, object]]:
    """The settings that name the database, which is empty."""
    if request.param == "sqlite":
        yield {}
    else:
        server: Cluster = request.getfixturevalue("postgresql")
        async with server.database() as url:
            yield {"database_url": url, "secret": SECRET}
