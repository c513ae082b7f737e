import type { Image as ImageAnswer } from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";

import { newestUbuntu } from "../../../providers/aws/machines/image.ts";
import { latestUbuntuLts } from "../../../src/cloud/machines/ubuntu-lts.ts";

let made = 0;

function image(Name: string, change: Partial<ImageAnswer> = {}): ImageAnswer {
  made += 1;
  return {
    ImageId: `ami-${made}`,
    Name,
    Architecture: "x86_64",
    CreationDate: "2026-10-01T00:00:00.000Z",
    RootDeviceName: "/dev/sda1",
    BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs: { VolumeSize: 8 } }],
    ...change,
  };
}

const noble = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261101";
const resolute = "ubuntu/images/hvm-ssd-gp3/ubuntu-resolute-26.04-amd64-server-20261001";

describe("the newest Ubuntu LTS", () => {
  test("is the newest build of the newest release", () => {
    const images = [
      image(resolute, { CreationDate: "2026-04-23T00:00:00.000Z" }),
      image(noble, { CreationDate: "2026-11-01T00:00:00.000Z" }),
      image(resolute, { ImageId: "ami-newest", CreationDate: "2026-10-02T00:00:00.000Z" }),
      image(resolute, { CreationDate: "2026-09-02T00:00:00.000Z" }),
    ];
    expect(newestUbuntu(images, "x86_64")).toEqual({
      id: "ami-newest",
      architecture: "x86_64",
      rootDevice: "/dev/sda1",
      minimumSize: 8,
    });
  });

  test("is for the requested architecture", () => {
    const arm = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20261101";
    const images = [image(resolute), image(arm, { ImageId: "ami-arm", Architecture: "arm64" })];
    expect(newestUbuntu(images, "arm64")?.id).toBe("ami-arm");
  });

  test.each([
    "ubuntu/images/hvm-ssd-gp3/ubuntu-plucky-25.04-amd64-server-20260101",
    "ubuntu/images/hvm-ssd-gp3/ubuntu-questing-25.10-amd64-server-20260101",
    "ubuntu/images/hvm-ssd-gp3/ubuntu-stonking-26.10-amd64-server-20261101",
    "ubuntu-minimal/images/hvm-ssd-gp3/ubuntu-resolute-26.04-amd64-minimal-20261101",
    "ubuntu-pro-server/images/hvm-ssd-gp3/ubuntu-resolute-26.04-amd64-pro-server-20261101",
    "ubuntu/images-testing/hvm-ssd-gp3/ubuntu-resolute-daily-amd64-server-20261101",
    "ubuntu/images/hvm-instance/ubuntu-trusty-14.04-amd64-server-20190101",
  ])("is not %s", (name) => {
    expect(newestUbuntu([image(name)], "x86_64")).toBeUndefined();
  });

  test("may predate gp3 disks", () => {
    const jammy = "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20230208";
    expect(newestUbuntu([image(jammy, { ImageId: "ami-jammy" })], "x86_64")?.id).toBe("ami-jammy");
  });

  test("is searched by the calendar, so that no release is hard-coded", () => {
    expect(latestUbuntuLts(new Date("2026-11-22"))).toEqual(["26.04", "24.04"]);
    expect(latestUbuntuLts(new Date("2027-01-01"))).toEqual(["26.04", "24.04"]);
    // Not out yet: then the one before is found.
    expect(latestUbuntuLts(new Date("2028-01-01"))).toEqual(["28.04", "26.04"]);
  });
});
