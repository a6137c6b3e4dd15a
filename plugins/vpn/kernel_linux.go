package vpn

import (
	"errors"
	"io/fs"
	"time"

	"golang.zx2c4.com/wireguard/wgctrl"
	"golang.zx2c4.com/wireguard/wgctrl/wgtypes"
)

// kernel asks the kernel over netlink.
type kernel struct{ client *wgctrl.Client }

func (k *kernel) close() error {
	if k.client == nil {
		return nil
	}
	err := k.client.Close()
	k.client = nil
	return err
}

// read reads the devices with these names.
func (k *kernel) read(names []string) ([]device, error) {
	if k.client == nil {
		client, err := wgctrl.New()
		if err != nil {
			return nil, err
		}
		k.client = client
	}
	devices := make([]device, 0, len(names))
	for _, name := range names {
		told, err := k.client.Device(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it went just now
		}
		if err != nil {
			return nil, err
		}
		devices = append(devices, fromKernel(told))
	}
	return devices, nil
}

// fromKernel takes what is looked at, and no secret.
func fromKernel(told *wgtypes.Device) device {
	d := device{name: told.Name, kind: kindKernel, publicKey: told.PublicKey.String(), port: told.ListenPort}
	for _, one := range told.Peers {
		p := peer{
			key: one.PublicKey.String(), received: float64(one.ReceiveBytes), sent: float64(one.TransmitBytes),
			keepalive: one.PersistentKeepaliveInterval.Seconds(),
		}
		if one.Endpoint != nil {
			p.endpoint = one.Endpoint.String()
		}
		if one.LastHandshakeTime.Unix() > 0 {
			p.handshake = one.LastHandshakeTime.Truncate(time.Second).UTC()
		}
		for _, network := range one.AllowedIPs {
			p.allowed = append(p.allowed, network.String())
		}
		d.peers = append(d.peers, p)
	}
	return d
}
