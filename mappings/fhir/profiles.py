"""What the resources of a trial always have, a type a profile. Tests hold every resource written against them."""

from __future__ import annotations

from fhir_adapter.assembly import PLAN_TYPE
from fhir_adapter.profile import Profile

STUDY = Profile(
    type="ResearchStudy",
    title="Study of a trial registry",
    about="One registry record. Only the status is in every record; what else there is, the mapping tables say.",
    always=("id", "text", "status"),
)
PLAN = Profile(
    type="PlanDefinition",
    title="Arms and interventions of a trial",
    about="The protocol as actions: the arms, and in each arm its interventions.",
    always=("id", "text", "url", "identifier", "name", "action"),
    fixed={"type": {"coding": [PLAN_TYPE]}, "status": "active"},
)
VARIABLE = Profile(
    type="EvidenceVariable",
    title="Eligibility, intervention or outcome of a trial",
    about="What one of these three is; the study refers to it, and says by where it does so which of them it is.",
    always=("id", "text", "url", "identifier", "name", "characteristic"),
    fixed={"status": "active", "actual": False},
)
PLACE = Profile(
    type="Location",
    title="Site of a trial",
    about="A place where one trial runs, so that its status and contacts are those of this trial.",
    always=("id", "text", "identifier"),
    fixed={"mode": "instance"},
)
R5 = (STUDY, PLAN, VARIABLE, PLACE)
GROUP = Profile(
    type="Group",
    title="Participants of a trial",
    about="Who can take part, for readers of the older versions; the truth is in the EvidenceVariable.",
    always=("id", "text", "identifier", "name"),
    fixed={"type": "person", "actual": False},
)
# R4 has no EvidenceVariable.actual: it is in an extension there.
VARIABLE_R4 = Profile(
    type=VARIABLE.type,
    title=VARIABLE.title,
    about=VARIABLE.about,
    always=VARIABLE.always,
    fixed={"status": "active"},
)
