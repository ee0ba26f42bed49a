from tests.support.redis_server import redis

__all__ = ["redis"]
