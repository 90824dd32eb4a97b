"""Examples of every sentence of the rules, as data: the oracle and the pipeline are both held against them."""

from tests.oracle.cases.closing import CASES as CLOSING
from tests.oracle.cases.copies import CASES as COPIES
from tests.oracle.cases.counting import CASES as COUNTING
from tests.oracle.cases.failures import CASES as FAILURES
from tests.oracle.cases.order import CASES as ORDER
from tests.oracle.cases.outcomes import CASES as OUTCOMES
from tests.oracle.cases.reading import CASES as READING
from tests.oracle.cases.records import CASES as RECORDS
from tests.oracle.cases.revising import CASES as REVISING
from tests.oracle.cases.stages import CASES as STAGES
from tests.oracle.cases.steps import CASES as STEPS
from tests.oracle.cases.visits import CASES as VISITS
from tests.oracle.cases.windows import CASES as WINDOWS

CASES = [
    *READING,
    *RECORDS,
    *ORDER,
    *COPIES,
    *WINDOWS,
    *CLOSING,
    *REVISING,
    *STEPS,
    *COUNTING,
    *STAGES,
    *FAILURES,
    *OUTCOMES,
    *VISITS,
]

__all__ = ["CASES"]
