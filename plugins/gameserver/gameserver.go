// Package gameserver asks a game server what its players see in the list of
// servers: that it answers, how fast, who plays and how many have room.
//
// It speaks the protocols that games are asked with, not the games themselves:
// Minecraft's Server List Ping and the ping of its Bedrock Edition, A2S of Source
// and Steam, and getstatus of Quake 3 and its kin. Whatever answers in another
// way can be checked for its port.
//
// That the server is away is what this plugin is there to find, and no failed
// run: it shows in game_server_online, with a reason.
package gameserver

import (
	"context"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// The protocols, and games by whose name they are known too.
const (
	minecraftJava    = "minecraft_java"
	minecraft        = "minecraft"
	minecraftBedrock = "minecraft_bedrock"
	source           = "source"
	valheim          = "valheim"
	quake3           = "quake3"
	openArena        = "openarena"
	urbanTerror      = "urbanterror"
	xonotic          = "xonotic"
	portTCP          = "tcp"
	portUDP          = "udp"
)

// config is one game server.
type config struct {
	Protocol string          `json:"protocol" title:"Game" help:"How the server is asked. Source is for whatever shows in Steam's list of servers (Counter-Strike, Rust, ARK, Palworld, 7 Days to Die), quake3 for the family of Quake 3; tcp and udp only try the port." enum:"minecraft_java,minecraft,minecraft_bedrock,source,valheim,quake3,openarena,urbanterror,xonotic,tcp,udp"`
	Host     string          `json:"host" title:"Host" help:"Where the server runs; a port may follow." required:"true" example:"192.168.1.10"`
	Port     int             `json:"port" title:"Port" help:"The port of the game, as players type it, or for source that of the query; 0 is the usual one. Minecraft Java looks for the port in DNS as well." min:"0" max:"65535"`
	Players  bool            `json:"query_players" title:"Names of players" help:"Lists on the page who plays, where the server tells."`
	Timeout  plugin.Duration `json:"timeout" title:"Timeout" help:"How long the server has to answer, repeated questions included." min:"100ms" max:"20s" group:"connection"`
	Retries  int             `json:"retries" title:"Repetitions" help:"How often a question over UDP is sent again while nothing comes back." min:"0" max:"10" group:"connection"`
	RCONPort int             `json:"rcon_port" title:"Port of RCON" help:"Where the remote console of a Minecraft server listens, to be asked for its ticks per second; 0 does not ask." min:"0" max:"65535" group:"rcon"`
	RCON     plugin.Secret   `json:"rcon_password" title:"Password of RCON" help:"What server.properties has as rcon.password." group:"rcon"`
}

func defaults() config {
	return config{Protocol: minecraftJava, Host: "127.0.0.1", Players: true, Timeout: plugin.Duration(5 * time.Second), Retries: 2}
}

// Validate checks what the schema cannot.
func (c config) Validate() error {
	host, port := c.place()
	switch {
	case host == "" || strings.ContainsAny(host, "/ @?#"):
		return plugin.Invalid("host", "is not a host or host:port")
	case port == 0 && (c.Protocol == portTCP || c.Protocol == portUDP):
		return plugin.Invalid("port", "is required: %s has no usual one", c.Protocol)
	case c.Protocol == valheim && port == maxPort:
		return plugin.Invalid("port", "must leave room for that of the query, which is the next")
	case c.RCONPort != 0 && c.kind() != minecraftJava:
		return plugin.Invalid("rcon_port", "is for Minecraft Java only")
	case c.RCONPort != 0 && c.RCON.Empty():
		return plugin.Invalid("rcon_password", "is required: RCON lets nobody in without")
	case c.RCONPort == 0 && !c.RCON.Empty():
		return plugin.Invalid("rcon_port", "is required beside a password; the usual one is 25575")
	}
	return nil
}

// kind is the protocol behind the name of a game.
func (c config) kind() string {
	switch c.Protocol {
	case minecraft:
		return minecraftJava
	case valheim:
		return source
	case openArena, urbanTerror, xonotic:
		return quake3
	default:
		return c.Protocol
	}
}

const maxPort = 1<<16 - 1

// place is the host and the port that were given; 0 where none was.
func (c config) place() (host string, port int) {
	name, text, err := net.SplitHostPort(c.Host)
	if err != nil {
		return strings.Trim(c.Host, "[]"), c.Port
	}
	port, err = strconv.Atoi(text)
	if err != nil || port < 1 || port > maxPort {
		return "", 0
	}
	return name, port
}

// address is where the query is answered.
func (c config) address() string {
	host, port := c.place()
	if port == 0 {
		port = usualPort(c.Protocol)
	}
	if c.Protocol == valheim {
		port++ // the game has the one that players type, the query the next
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}

func usualPort(protocol string) int {
	switch protocol {
	case minecraft, minecraftJava:
		return 25565
	case minecraftBedrock:
		return 19132
	case source:
		return 27015
	case valheim:
		return 2456
	case xonotic:
		return 26000
	default:
		return 27960
	}
}

// Plugin declares the plugin game_server_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. Nothing is contacted yet.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	return newCollector(config, host), nil
}
