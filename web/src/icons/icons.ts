import Activity from '@lucide/svelte/icons/activity';
import Archive from '@lucide/svelte/icons/archive';
import BatteryCharging from '@lucide/svelte/icons/battery-charging';
import Box from '@lucide/svelte/icons/box';
import Boxes from '@lucide/svelte/icons/boxes';
import Cctv from '@lucide/svelte/icons/cctv';
import CircleHelp from '@lucide/svelte/icons/circle-question-mark';
import Cloud from '@lucide/svelte/icons/cloud';
import Container from '@lucide/svelte/icons/container';
import Cpu from '@lucide/svelte/icons/cpu';
import Database from '@lucide/svelte/icons/database';
import DatabaseBackup from '@lucide/svelte/icons/database-backup';
import Download from '@lucide/svelte/icons/download';
import EthernetPort from '@lucide/svelte/icons/ethernet-port';
import FileText from '@lucide/svelte/icons/file-text';
import Film from '@lucide/svelte/icons/film';
import Folder from '@lucide/svelte/icons/folder';
import FolderSync from '@lucide/svelte/icons/folder-sync';
import Gamepad from '@lucide/svelte/icons/gamepad-2';
import Gauge from '@lucide/svelte/icons/gauge';
import GitBranch from '@lucide/svelte/icons/git-branch';
import Globe from '@lucide/svelte/icons/globe';
import HardDrive from '@lucide/svelte/icons/hard-drive';
import House from '@lucide/svelte/icons/house';
import Image from '@lucide/svelte/icons/image';
import KeyRound from '@lucide/svelte/icons/key-round';
import Layers from '@lucide/svelte/icons/layers';
import ListTree from '@lucide/svelte/icons/list-tree';
import Lock from '@lucide/svelte/icons/lock';
import Mail from '@lucide/svelte/icons/mail';
import MemoryStick from '@lucide/svelte/icons/memory-stick';
import Monitor from '@lucide/svelte/icons/monitor';
import Network from '@lucide/svelte/icons/network';
import Plug from '@lucide/svelte/icons/plug';
import Router from '@lucide/svelte/icons/router';
import ScrollText from '@lucide/svelte/icons/scroll-text';
import Server from '@lucide/svelte/icons/server';
import Shield from '@lucide/svelte/icons/shield';
import ShieldCheck from '@lucide/svelte/icons/shield-check';
import Ship from '@lucide/svelte/icons/ship';
import Shuffle from '@lucide/svelte/icons/shuffle';
import Table from '@lucide/svelte/icons/table';
import Thermometer from '@lucide/svelte/icons/thermometer';
import Waypoints from '@lucide/svelte/icons/waypoints';
import Wifi from '@lucide/svelte/icons/wifi';
import Zap from '@lucide/svelte/icons/zap';

/** The icons that a manifest may name. */
const icons = {
  activity: Activity,
  archive: Archive,
  'battery-charging': BatteryCharging,
  box: Box,
  boxes: Boxes,
  cctv: Cctv,
  cloud: Cloud,
  container: Container,
  cpu: Cpu,
  database: Database,
  'database-backup': DatabaseBackup,
  download: Download,
  'ethernet-port': EthernetPort,
  'file-text': FileText,
  film: Film,
  folder: Folder,
  'folder-sync': FolderSync,
  'gamepad-2': Gamepad,
  gauge: Gauge,
  'git-branch': GitBranch,
  globe: Globe,
  'hard-drive': HardDrive,
  house: House,
  image: Image,
  'key-round': KeyRound,
  layers: Layers,
  'list-tree': ListTree,
  lock: Lock,
  mail: Mail,
  'memory-stick': MemoryStick,
  monitor: Monitor,
  network: Network,
  plug: Plug,
  router: Router,
  'scroll-text': ScrollText,
  server: Server,
  shield: Shield,
  'shield-check': ShieldCheck,
  ship: Ship,
  shuffle: Shuffle,
  table: Table,
  thermometer: Thermometer,
  waypoints: Waypoints,
  wifi: Wifi,
  zap: Zap,
} as const;

type Icon = (typeof icons)[keyof typeof icons];

/** The icon of a name; a question mark for names that are not in the set. */
export function iconOf(name: string): Icon {
  return (icons as Record<string, Icon>)[name] ?? CircleHelp;
}
