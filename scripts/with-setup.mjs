// Makes sure that what a command needs is installed, then runs it: with-setup.mjs [--python=pinned|any] -- command args…
// Runs on the Node.js that a computer happens to have and needs no package. The command runs on the project's.
const OLDEST = 20;

if (Number(process.versions.node.split(".", 1)[0]) < OLDEST) {
  process.stderr.write(
    `The commands of dask-fleet need Node.js ${OLDEST} or newer; this is v${process.versions.node}.\n`,
  );
  process.exitCode = 1;
} else {
  // Only now: what they import an older Node.js may not have.
  const [{ main }, { withSetup }] = await Promise.all([import("./lib/project.mjs"), import("./lib/with-setup.mjs")]);
  await main(() => withSetup(process.argv.slice(2)));
}
