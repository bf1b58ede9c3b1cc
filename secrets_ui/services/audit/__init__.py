"""The audit log: written before and after each act, read, verified."""

from .acting import Act as Act
from .acting import act as act
from .counted import append_counted as append_counted
from .counted import refuse_counted as refuse_counted
from .waiting import append_waiting as append_waiting
from .waiting import record_when_possible as record_when_possible
from .writing import AlreadyEnded as AlreadyEnded
from .writing import AlreadyIntended as AlreadyIntended
from .writing import Recorded as Recorded
from .writing import ensure_writable as ensure_writable
from .writing import next_sequence as next_sequence
from .writing import now as now
from .writing import outcome_of as outcome_of
from .writing import record as record
from .writing import settle as settle
from .writing import texts as texts
