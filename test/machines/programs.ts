// Programs that a user's Python runs outside of the machines; what they print goes to the file that is their first argument.

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
