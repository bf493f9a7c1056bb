"""A server for mail: prints its port, then a line of JSON for each mail that it took.

smtp.py (starttls|tls|clear) [CERTIFICATE KEY]
"""

import asyncio
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
    right = data.password == b"PLANTEDpassword"
    return AuthResult(success=right, handled=right)


async def main(mode, *files):
    context = None
    if files:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
    starttls = context if mode == "starttls" else None

    def session():
        return SMTP(
            Handler(),
            hostname="mail",
            tls_context=starttls,
            require_starttls=mode == "starttls",
            auth_required=False,
            auth_require_tls=mode != "tls",
            authenticator=login,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        session, "127.0.0.1", 0, ssl=context if mode == "tls" else None
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main(*sys.argv[1:]))
