"""What a person is told about documents: every fault, of every step, as `cpal plan` says it."""

from __future__ import annotations

from collections.abc import Mapping

from cpal.core.proposal import Proposal, faults_of
from cpal.core.stack import propose_stacks
from cpal.drivers.ovn.backend import RULES
from cpal.errors import Fault
from cpal.faces.documents.declaring import Declaration, declare
from cpal.faces.documents.reading import Documents, parse
from cpal.faces.documents.telling import told
from cpal.model.estate import Estate
from tests.support.world import NAMESPACE


def proposed(declaration: Declaration, estate: Estate) -> Proposal:
    """What a declaration would change, whatever is wrong with it."""
    return propose_stacks(declaration.records, declaration.stacks, estate, declaration.faults, declaration.unread)


def faults_of_documents(documents: Documents | Mapping[str, str], estate: Estate) -> tuple[Fault, ...]:
    """Every fault of documents (or of their texts by name) in an estate whose targets are OVN's, in order."""
    read = documents if isinstance(documents, Documents) else parse(documents)
    declaration = declare(read, estate, NAMESPACE)
    proposal = proposed(declaration, estate)
    after = estate.replace(proposal.changes)
    return told(faults_of(proposal, after, lambda target: RULES), declaration)
