"""Each service's user of MongoDB keeps to its own database; on the official image alone, since the server of the tests knows no users."""

from pathlib import Path

import pytest
from containers import mongo_with_users
from loket_fixtures import ON_CONTAINERS
from manifests import give_secrets
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from loket.supervisor import SERVICES

ROOT = Path(__file__).parents[3]


@pytest.mark.mongo
@pytest.mark.skipif(not ON_CONTAINERS, reason="the MongoDB-protocol server of the tests knows no users")
def test_a_user_of_the_store_reads_and_writes_its_own_database_and_no_other(tmp_path: Path) -> None:
    give_secrets(tmp_path, ROOT)
    with mongo_with_users(tmp_path / "mongo", ROOT / "deploy/k8s/overlays/local/mongo_users.js") as address:
        for service in SERVICES:
            url = (tmp_path / service / "mongo_url").read_text().replace("mongo:27017", address)
            with MongoClient(url) as client:
                client[service].things.insert_one({"_id": 1})
                client[service].things.create_index("name")
                for other in {*SERVICES, "admin"} - {service}:
                    with pytest.raises(OperationFailure, match="not authorized"):
                        client[other].things.find_one()
