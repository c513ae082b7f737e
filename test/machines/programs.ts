// Programs that a user's Python runs outside the machines; they write to the file of their first argument.

/** A sum over all workers, then the workers' names. */
export const COMPUTE = `
import sys
from distributed import Client
with Client(timeout=30) as client:
    assert client.scheduler.address.startswith("tls://"), client.scheduler.address
    client.wait_for_workers(1, timeout=30)
    total = client.submit(sum, client.map(lambda x: x * x, range(100))).result(timeout=30)
    names = client.run(lambda dask_worker: dask_worker.name)
    print(total, *sorted(names.values()), file=open(sys.argv[1], "w"))
`;

/** A job: a sum over all workers and its user, then its variables HOSTILE_… as its result. */
export const JOB = `
import getpass, json, os, sys
from distributed import Client
with Client() as client:
    assert client.scheduler.address.startswith("tls://"), client.scheduler.address
    print(client.submit(sum, client.map(lambda x: x * x, range(100))).result(timeout=30), getpass.getuser())
with open(os.environ["DASK_FLEET_RESULT"], "w") as file:
    json.dump({name: value for name, value in os.environ.items() if name.startswith("HOSTILE_")}, file)
sys.exit(int(os.environ["ASKED"]))
`;

/** The variables HOSTILE_… that Dask has, on the scheduler and on each worker. */
export const LOOK = `
import json, sys
from distributed import Client
def look():
    import os
    return {name: value for name, value in os.environ.items() if name.startswith("HOSTILE_")}
with Client(timeout=30) as client:
    json.dump([client.run_on_scheduler(look), *client.run(look).values()], open(sys.argv[1], "w"))
`;

/** Dask's user on the scheduler and each worker, and what a task can do to its machine. */
export const WHO = `
import json, sys
from distributed import Client
def look():
    import getpass, os
    def can(act, *args):
        try:
            act(*args)
            return True
        except PermissionError:
            return False
    return {
        "user": getpass.getuser(),
        "home": os.path.expanduser("~"),
        "writes": can(open, os.path.expanduser("~/of-a-task"), "w") and can(open, "own-directory", "w"),
        "reads its own key": can(open, os.environ.get("DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY", "/no/such")),
        "reads what root was told": can(open, "/etc/dask-fleet/node.env") or can(open, "/etc/dask-fleet/tls/key.pem"),
        "writes /etc": can(open, "/etc/of-a-task", "w") or can(open, "/etc/dask-fleet/lib/machine.sh", "a"),
        "signals root": can(os.kill, 1, 0),
    }
with Client(timeout=30) as client:
    json.dump([client.run_on_scheduler(look), *client.run(look).values()], open(sys.argv[1], "w"))
`;

/** 8 results of 20 MB, all on the first worker, published under a name; writes that worker's name and their hash. */
export const HOLD = `
import sys
from distributed import Client, wait
def make(_):
    import os
    return os.urandom(20_000_000)
def digest(parts):
    import hashlib
    return hashlib.sha256(b"".join(parts)).hexdigest()
with Client(timeout=30) as client:
    address, worker = sorted(client.scheduler_info()["workers"].items())[0]
    held = client.map(make, range(8), workers=[address], allow_other_workers=True, pure=False)
    wait(held, timeout=30)
    client.publish_dataset(held=held)
    print(worker["name"], client.submit(digest, held, workers=[address]).result(timeout=30), file=open(sys.argv[1], "w"))
`;

/** The hash of what {@link HOLD} published: another one if anything was computed again. */
export const HELD = `
import sys
from distributed import Client
def digest(parts):
    import hashlib
    return hashlib.sha256(b"".join(parts)).hexdigest()
with Client(timeout=30) as client:
    held = client.get_dataset("held")
    print(client.submit(digest, held, pure=False).result(timeout=30), file=open(sys.argv[1], "w"))
`;

/** Where a task ran that needs a GPU, and each worker's threads and variable KIND, by its name. */
export const KINDS = `
import json, sys
from distributed import Client, get_worker
def kind():
    import os
    return os.environ.get("KIND")
with Client(timeout=30) as client:
    gpu = client.submit(lambda: get_worker().name, resources={"GPU": 1}).result(timeout=30)
    workers = client.scheduler_info()["workers"]
    variables = client.run(kind)
    json.dump({
        "gpu": gpu,
        "threads": {worker["name"]: worker["nthreads"] for worker in workers.values()},
        "variables": {workers[address]["name"]: value for address, value in variables.items()},
    }, open(sys.argv[1], "w"))
`;
