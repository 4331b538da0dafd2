import base64, hashlib, json, subprocess, sys, tempfile
sha = lambda b: hashlib.sha256(b).digest()
cert, folder = sys.argv[1], sys.argv[2]
raw = base64.b64decode("".join(open(cert).read().split("\n")[1:-2]))
group = json.load(open(f"{folder}/group.json"))
i32 = lambda n: n.to_bytes(4, "big")
der = lambda id: base64.b64decode("".join(open(f"{folder}/{id}.pem").read().strip().split("\n")[1:-1]))
name, ids = group["name"].encode(), group["replicas"] + group["clients"]
directory = sha(i32(15) + b"quorate/keys/v1" + i32(len(name)) + name + i32(len(group["replicas"]))
                + i32(group["faults"]) + i32(len(ids)) + b"".join(der(i)[-64:] for i in ids))
at = 0
def take(n):
    global at
    at += n
    return raw[at - n:at]
num = lambda size=4: int.from_bytes(take(size), "big")
assert take(22) == b"quorate/certificate/v1" and take(32) == directory
view, sequence, batch, count, index = num(8), num(8), take(32), num(), num()
item = take(num())
path = [take(32) for _ in range(num())]
def climb(leaf, index, count):                       # RFC 6962: split at the largest power of two below count
    if count == 1:
        return leaf
    split = 1 << (count - 1).bit_length() - 1
    left = index < split
    below = climb(leaf, index if left else index - split, split if left else count - split)
    sibling = path.pop(0)
    return sha(b"\1" + (below + sibling if left else sibling + below))
assert 0 <= index < count and sha(b"\2" + i32(count) + climb(sha(b"\0" + item), index, count)) == batch and not path
statement = b"quorate/pbft/v1\0" + b"\4" + directory + view.to_bytes(8, "big") + sequence.to_bytes(8, "big") + bytes(32) + batch
signers = []
for _ in range(num()):
    signer, rs = num(), take(num())
    part = lambda b: (lambda s: b"\2" + bytes([len(s)]) + s)((b"\0" if b.lstrip(b"\0")[0] & 128 else b"") + b.lstrip(b"\0"))
    body = part(rs[:32]) + part(rs[32:])
    with tempfile.NamedTemporaryFile() as f:
        f.write(b"\x30" + bytes([len(body)]) + body); f.flush()
        subprocess.run(["openssl", "dgst", "-sha256", "-verify", f"{folder}/{ids[signer]}.pem", "-signature", f.name], input=statement, check=True, stdout=subprocess.DEVNULL)
    signers.append(signer)
n, f = len(group["replicas"]), group["faults"]
assert at == len(raw) and signers == sorted(set(signers)) and all(s < n for s in signers) and len(signers) >= (n + f + 2) // 2
print("decided by", [ids[s] for s in signers], "view", view, "sequence", sequence, item)
