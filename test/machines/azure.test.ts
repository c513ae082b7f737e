import { AZURE } from "./clouds/all.ts";
import { testRealCluster } from "./real-cluster.ts";

testRealCluster(AZURE);
