"""Microsoft's own client takes the stand-in for Dataverse: it is not shaped after ours."""

import uuid
from collections.abc import Iterator

import pytest
from azure.identity import ClientSecretCredential
from PowerPlatform.Dataverse.client import DataverseClient
from PowerPlatform.Dataverse.core.errors import HttpError

from standin import Fault, StandIn


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running


@pytest.fixture
def dataverse(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[DataverseClient]:
    # It takes no certificate authority of its own, but requests looks here.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(standin.ca_file))
    assert standin.entra.client_secret is not None
    credential = ClientSecretCredential(
        standin.entra.tenant_id,
        standin.entra.client_id,
        standin.entra.client_secret,
        authority=standin.url,
        disable_instance_discovery=True,
    )
    with credential, DataverseClient(standin.url, credential) as client:
        yield client


def test_contacts_are_updated(standin: StandIn, dataverse: DataverseClient) -> None:
    contact = standin.add_contact(listed=True)
    dataverse.records.update("contact", str(contact), {"hlf_listed": False})
    assert standin.listed()[contact] is False
    (request,) = standin.journal.patches(contact)
    assert (request.headers["If-Match"], request.status, request.applied) == ("*", 204, True)


def test_contacts_are_created_read_and_deleted(standin: StandIn, dataverse: DataverseClient) -> None:
    made = dataverse.records.create("contact", {"firstname": "Kari", "hlf_listed": True})
    found = dataverse.records.retrieve("contact", made, select=["firstname", "hlf_listed"])
    assert found is not None
    assert (found["firstname"], found["hlf_listed"], found["contactid"]) == ("Kari", True, made)
    dataverse.records.delete("contact", made)
    assert standin.listed() == {}


def test_contacts_are_read_page_by_page(standin: StandIn, dataverse: DataverseClient) -> None:
    listed = {str(standin.add_contact(listed=number % 2 == 0)): number % 2 == 0 for number in range(25)}
    pages = list(dataverse.records.list_pages("contact", select=["hlf_listed"], page_size=10))
    assert [len(page) for page in pages] == [10, 10, 5]
    assert {row["contactid"]: row["hlf_listed"] for page in pages for row in page} == listed
    shown = dataverse.records.list("contact", select=["contactid"], filter="hlf_listed eq true")
    assert {row["contactid"] for row in shown} == {
        contact for contact, is_listed in listed.items() if is_listed
    }


def test_every_refusal_has_its_own_error(standin: StandIn, dataverse: DataverseClient) -> None:
    contact = standin.add_contact()
    for values, target, status in (
        ({"hlf_listed": True}, uuid.uuid4(), 404),
        ({"no_such_column": True}, contact, 400),
        ({"hlf_listed": 3}, contact, 400),
    ):
        with pytest.raises(HttpError) as refused:
            dataverse.records.update("contact", str(target), values)
        assert refused.value.status_code == status
    standin.faults.add(Fault(status=429, retry_after="7", body=b'{"error": {"code": "0x80072322"}}'))
    with pytest.raises(HttpError) as busy:
        dataverse.records.update("contact", str(contact), {"hlf_listed": True})
    assert busy.value.status_code == 429
    assert busy.value.is_transient
    standin.entra.revoke_tokens()
    with pytest.raises(HttpError) as stale:
        dataverse.records.update("contact", str(contact), {"hlf_listed": True})
    assert stale.value.status_code == 401
    assert standin.listed() == {contact: False}


def test_a_patch_without_if_match_creates_a_contact(standin: StandIn, dataverse: DataverseClient) -> None:
    missing = uuid.uuid4()
    odata = dataverse._get_odata()
    odata._request("patch", f"{odata.api}/contacts({missing})", json={"hlf_listed": True}, expected=(204,))
    assert standin.listed() == {missing: True}
