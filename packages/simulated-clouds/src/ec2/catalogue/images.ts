import { fixedId } from "../state/ids.ts";
import type { Resource } from "../state/registry.ts";

const CANONICAL = "099720109477";
const AMAZON = "137112412989";
const DEEP_LEARNING = "898082745236";
const DAY_MS = 86_400_000;
const DEPRECATED_AFTER_DAYS = 730;

export interface Ec2Image extends Resource {
  readonly name: string;
  readonly description: string;
  readonly owner: string;
  readonly ownerAlias?: string | undefined;
  readonly architecture: "x86_64" | "arm64";
  readonly createdAt: Date;
  readonly deprecatedAt: Date;
  readonly rootDevice: string;
  readonly rootType: "ebs" | "instance-store";
  readonly volumeType: "gp2" | "gp3";
  readonly sizeGiB: number;
  readonly imdsV2: boolean;
}

interface Release {
  readonly codename: string;
  readonly version: string;
  readonly label: string;
  readonly volumeType: "gp2" | "gp3";
  /** How many days ago its images were published. */
  readonly ages: readonly number[];
}

/** Ages, not dates: the catalogue looks the same whenever a test runs. The newest image of all is an interim release's. */
const RELEASES: readonly Release[] = [
  { codename: "focal", version: "20.04", label: "20.04 LTS", volumeType: "gp2", ages: [545, 580, 900] },
  { codename: "jammy", version: "22.04", label: "22.04 LTS", volumeType: "gp2", ages: [9, 40, 75, 990] },
  { codename: "noble", version: "24.04", label: "24.04 LTS", volumeType: "gp3", ages: [11, 38, 71, 300] },
  { codename: "oracular", version: "24.10", label: "24.10", volumeType: "gp3", ages: [500, 530] },
  { codename: "plucky", version: "25.04", label: "25.04", volumeType: "gp3", ages: [310, 345] },
  { codename: "questing", version: "25.10", label: "25.10", volumeType: "gp3", ages: [3, 30] },
  { codename: "resolute", version: "26.04", label: "26.04 LTS", volumeType: "gp3", ages: [12, 35, 66] },
];
const ARCHITECTURES = [
  { architecture: "x86_64", ubuntu: "amd64" },
  { architecture: "arm64", ubuntu: "arm64" },
] as const;

/** Public images as they are on `now`, in no useful order. */
export function imageCatalogue(now: number): readonly Ec2Image[] {
  const images = [...canonical(now), ...others(now)];
  return images.sort((a, b) => (a.id < b.id ? -1 : 1));
}

interface Made extends Partial<Ec2Image> {
  readonly name: string;
  readonly age: number;
  readonly architecture: "x86_64" | "arm64";
}

function image(now: number, { age, ...made }: Made): Ec2Image {
  const createdAt = new Date(now - age * DAY_MS);
  const owner = made.owner ?? CANONICAL;
  const day = createdAt.toISOString().slice(0, 10).replaceAll("-", "");
  const name = made.name.replace("DATE", day);
  return {
    description: name,
    rootDevice: "/dev/sda1",
    rootType: "ebs",
    volumeType: "gp3",
    sizeGiB: 8,
    imdsV2: false,
    ...made,
    name,
    owner,
    id: fixedId("ami", `${owner} ${name}`),
    tags: new Map(),
    visibleFrom: 0,
    createdAt,
    deprecatedAt: new Date(createdAt.getTime() + DEPRECATED_AFTER_DAYS * DAY_MS),
  };
}

function canonical(now: number): Ec2Image[] {
  return RELEASES.flatMap((release) =>
    ARCHITECTURES.flatMap(({ architecture, ubuntu }) =>
      release.ages.flatMap((age) => {
        const { codename, version, label, volumeType } = release;
        const disk = volumeType === "gp3" ? "hvm-ssd-gp3" : "hvm-ssd";
        const common = { architecture, volumeType, imdsV2: Number(version) >= 24 };
        const server = `Canonical, Ubuntu, ${label}, ${ubuntu} ${codename} image`;
        const variants = [
          {
            name: `ubuntu/images/${disk}/ubuntu-${codename}-${version}-${ubuntu}-server-DATE`,
            age,
            description: server,
          },
          // What a careless pattern finds as well, and newer.
          {
            name: `ubuntu/images-testing/${disk}/ubuntu-${codename}-daily-${version}-${ubuntu}-server-DATE`,
            age: age - 1,
          },
          { name: `ubuntu-minimal/images/${disk}/ubuntu-${codename}-${version}-${ubuntu}-minimal-DATE`, age: age - 1 },
          {
            name: `ubuntu-pro-server/images/${disk}/ubuntu-${codename}-${version}-${ubuntu}-pro-server-DATE`,
            age: age - 2,
          },
          {
            name: `ubuntu-eks/k8s_1.34/images/${disk}/ubuntu-${codename}-${version}-${ubuntu}-server-DATE`,
            age: age - 1,
          },
          {
            name: `ubuntu/images/hvm-instance/ubuntu-${codename}-${version}-${ubuntu}-server-DATE`,
            age: age - 1,
            rootType: "instance-store" as const,
          },
        ];
        return variants.map((variant) => image(now, { ...common, ...variant }));
      }),
    ),
  );
}

/** Images of others: anybody can give an image any name. */
function others(now: number): Ec2Image[] {
  const name = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-DATE";
  const future = "ubuntu/images/hvm-ssd-gp3/ubuntu-resolute-26.04-amd64-server-DATE";
  return [
    image(now, { name, age: 1, architecture: "x86_64", owner: "123456789999" }),
    image(now, { name: future, age: 0, architecture: "x86_64", owner: "679593333241", ownerAlias: "aws-marketplace" }),
    ...ARCHITECTURES.map(({ architecture }) =>
      image(now, {
        name: `al2023-ami-2023.9.DATE.0-kernel-6.12-${architecture}`,
        age: 6,
        architecture,
        owner: AMAZON,
        ownerAlias: "amazon",
        rootDevice: "/dev/xvda",
        imdsV2: true,
      }),
    ),
    image(now, {
      name: "Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu 24.04) DATE",
      age: 8,
      architecture: "x86_64",
      owner: DEEP_LEARNING,
      ownerAlias: "amazon",
      sizeGiB: 75,
    }),
  ];
}
