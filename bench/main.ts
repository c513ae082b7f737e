// All benchmarks, one after the other: npm run bench
import "./certificates.ts";
import "./codec.ts";
import "./user-data.ts";
