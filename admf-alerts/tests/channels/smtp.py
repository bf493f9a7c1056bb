"""A server for mail: prints its port, then a line of JSON for each mail that it took.

smtp.py (starttls|tls|mutual|clear) HOST:PORT [CERTIFICATE KEY AUTHORITY]
"""

import asyncio
import base64
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("later"):
            return "451 come back later"
        if address.startswith("never"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": server.transport.get_extra_info("ssl_object") is not None,
            "login": session.authenticated,
            "data": envelope.content.decode(),
        }
        print(json.dumps(mail), flush=True)
        return "250 OK"


def login(server, session, envelope, mechanism, data):
    if data.password == b"PLANTEDpassword":
        return AuthResult(success=True)
    # One that says back what it was told, as it came over the wire too.
    wire = base64.b64encode(b"\0" + data.login + b"\0" + data.password).decode()
    said = f"535 not {data.password.decode()} {wire}"
    return AuthResult(success=False, handled=False, message=said)


async def main(mode, at, *files):
    context = None
    if files:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files[:2])
        if mode == "mutual":
            context.load_verify_locations(files[2])
            context.verify_mode = ssl.CERT_REQUIRED
    starttls = context if mode == "starttls" else None

    def session():
        return SMTP(
            Handler(),
            hostname="mail",
            tls_context=starttls,
            require_starttls=mode == "starttls",
            auth_required=False,
            # It does not know that there is TLS from the start.
            auth_require_tls=mode == "starttls",
            authenticator=login,
        )

    loop = asyncio.get_running_loop()
    host, port = at.split(":")
    tls = context if mode in ("tls", "mutual") else None
    server = await loop.create_server(session, host, int(port), ssl=tls)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main(*sys.argv[1:]))
