import { GCE } from "./clouds/all.ts";
import { testRealCluster } from "./real-cluster.ts";

testRealCluster(GCE);
