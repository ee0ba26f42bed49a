"""What somebody writes with the client that openapi-python-client made: `generated_client.py DIRECTORY URL`.

It prints what it saw, as JSON. The client is the package `client` in the directory.
"""

import json
import sys
from importlib import import_module
from typing import Any


def main(directory: str, url: str) -> None:
    sys.path.insert(0, directory)
    models = import_module("client.models")
    signed_in = _api("auth.auth_register").sync(
        client=import_module("client").Client(base_url=url),
        body=models.Registration(
            email="generated.python@example.org",
            password="a long kitchen secret",
            first_name="Gena",
            last_name="Rated",
        ),
    )
    assert isinstance(signed_in, models.TokenPair), signed_in
    me = import_module("client").AuthenticatedClient(base_url=url, token=signed_in.access_token)
    post = _api("community.community_create_post").sync(
        client=me, body=models.NewPost(content="Borscht is ready!", post_type=models.PostType.RECIPE)
    )
    refused = _api("community.community_one_post").sync(signed_in.user.id, client=me)
    print(json.dumps({"post": post.content, "refused": refused.code}))  # noqa: T201 # what it is run for


def _api(name: str) -> Any:
    return import_module(f"client.api.{name}")


if __name__ == "__main__":
    main(*sys.argv[1:])
