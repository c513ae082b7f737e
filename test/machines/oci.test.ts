import { OCI } from "./clouds/all.ts";
import { testRealCluster } from "./real-cluster.ts";

testRealCluster(OCI);
