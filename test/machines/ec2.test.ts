import { EC2 } from "./clouds/all.ts";
import { testRealCluster } from "./real-cluster.ts";

testRealCluster(EC2);
