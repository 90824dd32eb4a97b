"""Ways from one dashboard to another, with what was chosen."""

from typing import Final

_KEPT: Final = "${__url_time_range}&${datasource:queryparam}&${app:queryparam}"

TO_INSTITUTION: Final = (
    "Look at this institution",
    f"/d/flinks-institution?{_KEPT}&var-institution=${{__data.fields.institution}}",
)
TO_FUNNEL: Final = (
    "Where its users leave",
    f"/d/flinks-funnel?{_KEPT}&var-institution=${{__data.fields.institution}}",
)
TO_CODE: Final = (
    "Look at this code",
    f"/d/flinks-codes?{_KEPT}&${{institution:queryparam}}&var-code=${{__data.fields.code}}",
)
