"""An S3 server that nobody here wrote, for the tests: moto, with signatures and permissions checked, with TLS and without.

Prints one line of JSON about itself, then answers one line for each line of JSON that it is told, and ends with its
standard input. What it is told goes through boto3, so that the tests see the bucket with other eyes than the server's.
"""

import base64
import datetime
import ipaddress
import json
import logging
import os
import ssl
import sys
import tempfile
import threading

# The first actions make the users; every one behind them is checked.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "6"
os.environ["AWS_ACCESS_KEY_ID"] = os.environ["AWS_SECRET_ACCESS_KEY"] = "nobody"
os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
for name in list(os.environ):
    if name.lower() in ("http_proxy", "https_proxy", "all_proxy", "aws_endpoint_url", "aws_profile"):
        del os.environ[name]

import boto3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.server import ThreadedMotoServer
from werkzeug.serving import make_server

logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
endpoint = "http://%s:%d" % server.get_host_and_port()
iam = boto3.client("iam", endpoint_url=endpoint)


def certificate(name, key, issuer, issuer_key, *extensions):
    """What an authority says of a key, for a day."""
    named = lambda text: x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )
    for extension in extensions:
        made = made.add_extension(extension, critical=True)
    return made.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def serve_tls():
    """The same server behind TLS; its address, and the authority that speaks for it."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = certificate(
        "authority", authority_key, "authority", authority_key, x509.BasicConstraints(True, None)
    )
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    own = certificate("server", key, "authority", authority_key, address)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with tempfile.NamedTemporaryFile() as file:
        file.write(own + private)
        file.flush()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file.name)
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, application, threaded=True, ssl_context=context)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "https://127.0.0.1:%d" % server.server_port, authority.decode()


def user(name, actions):
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
    return {"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}


everlog = user("everlog", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"])
owner = user("owner", ["s3:*"])
s3 = boto3.client(
    "s3", endpoint_url=endpoint, aws_access_key_id=owner["id"], aws_secret_access_key=owner["secret"]
)
s3.create_bucket(Bucket="documents")
tls, authority = serve_tls()
told = {"endpoint": endpoint, "tls": tls, "authority": authority, "everlog": everlog}
print(json.dumps(told), flush=True)

for line in sys.stdin:
    told = json.loads(line)
    place = {"Bucket": "documents"}
    match told["do"]:
        case "list":
            pages = s3.get_paginator("list_objects_v2").paginate(**place, Prefix=told["prefix"])
            answer = sorted(it["Key"] for page in pages for it in page.get("Contents", []))
        case "get":
            body = s3.get_object(**place, Key=told["key"])["Body"].read()
            answer = base64.b64encode(body).decode()
        case "put":
            s3.put_object(**place, Key=told["key"], Body=base64.b64decode(told["body"]))
            answer = None
        case "delete":
            s3.delete_object(**place, Key=told["key"])
            answer = None
    print(json.dumps(answer), flush=True)
