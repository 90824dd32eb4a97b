"""Examples of every sentence of the rules, as data: the oracle and the pipeline are both held against them."""

from tests.oracle.cases import (
    closing,
    copies,
    counting,
    failures,
    order,
    outcomes,
    reading,
    records,
    revising,
    stages,
    steps,
    visits,
    windows,
)

CASES = [
    *reading.CASES,
    *records.CASES,
    *order.CASES,
    *copies.CASES,
    *windows.CASES,
    *closing.CASES,
    *revising.CASES,
    *steps.CASES,
    *counting.CASES,
    *stages.CASES,
    *failures.CASES,
    *outcomes.CASES,
    *visits.CASES,
]
