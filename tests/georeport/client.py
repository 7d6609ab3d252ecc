"""Asks an Open311 server all that georeport can ask, in one format, and prints what it understood.

    python client.py ADDRESS FORMAT SERVICE_CODE REQUEST_ID [REQUEST_ID ...]
"""

import json
import sys

import requests
from georeport import GeoReport

address, output_format, service_code, *ids = sys.argv[1:]
client = GeoReport(address, output_format=output_format)


def refused(ask, *given):
    try:
        ask(*given)
    except requests.HTTPError as fault:
        return fault.response.status_code
    return None


print(
    json.dumps(
        {
            "services": client.get_service_list(),
            "definition": client.get_service_definition(service_code),
            "requests": client.get_service_requests(),
            "named": client.get_service_requests(service_request_id=",".join(ids)),
            "filtered": client.get_service_requests(
                service_code="event.05",
                start_date="2026-05-06T00:00:00+08:00",
                end_date="2026-05-07T00:00:00+08:00",
                status="open,closed",
            ),
            "request": client.get_service_request(ids[0]),
            "refused": [
                refused(client.get_service_definition, "nothing"),
                refused(client.get_service_request, "nothing"),
                refused(client.get_service_requests, None, None, "yesterday"),
                refused(
                    GeoReport(address, "elsewhere", output_format=output_format).get_service_list
                ),
            ],
        }
    )
)
