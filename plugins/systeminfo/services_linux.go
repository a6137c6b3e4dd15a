package systeminfo

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
)

const (
	// servicesAge is how long the count of failed units is taken as true. Each
	// question wakes systemd.
	servicesAge = 30 * time.Second
	// listAge is the same where a program has to be run for it.
	listAge     = time.Minute
	busTimeout  = 3 * time.Second
	maxUnits    = 50
	systemdName = "org.freedesktop.systemd1"
	systemdPath = dbus.ObjectPath("/org/freedesktop/systemd1")
)

// servicesPart asks systemd for the units that stopped with an error: over one
// connection to the system bus that stays open, or by systemctl where there is
// no bus.
type servicesPart struct {
	host  plugin.Host
	conn  *dbus.Conn
	asked time.Time
	age   time.Duration
	known bool
	count int
	units []failedUnit
}

func (p *servicesPart) collect(ctx context.Context, r *run) error {
	if !there(p.host.Files, "/run/systemd/system") {
		return nil // started by something else
	}
	var err error
	if p.asked.IsZero() || r.now.Sub(p.asked) >= p.age || r.now.Before(p.asked) {
		p.asked = r.now
		err = p.ask(ctx)
	}
	if p.known {
		r.out.Add("system_units_failed", float64(p.count))
		r.doc.FailedUnits = p.units
	}
	return err
}

func (p *servicesPart) ask(ctx context.Context) error {
	p.known, p.age = false, servicesAge
	err := error(fault.New(fault.NotFound, "no system bus"))
	if there(p.host.Files, busSocket) {
		err = p.askBus(ctx)
	}
	if err != nil {
		p.age = listAge
		err = p.askProgram(ctx)
	}
	if fault.Of(err) == fault.NotInstalled {
		return nil // neither way: nobody to ask
	}
	return err
}

// busUnit is one entry of the answer to ListUnitsFiltered.
type busUnit struct {
	Name, Description, Load, Active, Sub, Following string
	Path                                            dbus.ObjectPath
	JobID                                           uint32
	JobType                                         string
	JobPath                                         dbus.ObjectPath
}

func (p *servicesPart) askBus(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, busTimeout)
	defer cancel()
	if p.conn == nil || !p.conn.Connected() {
		if err := p.connect(ctx); err != nil {
			return err
		}
	}
	count, units, err := failedUnits(ctx, p.conn)
	if err != nil {
		return errors.Join(err, p.Close())
	}
	p.known, p.count, p.units = true, count, units
	return nil
}

func failedUnits(ctx context.Context, conn *dbus.Conn) (int, []failedUnit, error) {
	manager := conn.Object(systemdName, systemdPath)
	var count uint32
	if err := property(ctx, manager, systemdName+".Manager", "NFailedUnits", &count); err != nil {
		return 0, nil, err
	}
	if count == 0 {
		return 0, nil, nil
	}
	var listed []busUnit
	err := manager.CallWithContext(ctx, systemdName+".Manager.ListUnitsFiltered", dbus.FlagNoAutoStart, []string{"failed"}).Store(&listed)
	if err != nil {
		return 0, nil, fault.As(fault.Of(err), err, "asking systemd for failed units")
	}
	units := make([]failedUnit, 0, min(len(listed), maxUnits))
	for _, unit := range listed[:min(len(listed), maxUnits)] {
		failed := failedUnit{Name: unit.Name, Description: unit.Description}
		var micros uint64
		err := property(ctx, conn.Object(systemdName, unit.Path), systemdName+".Unit", "StateChangeTimestamp", &micros)
		if err == nil && micros > 0 && micros < 1<<60 {
			since := time.UnixMicro(int64(micros)).UTC().Truncate(time.Second)
			failed.Since = &since
		}
		units = append(units, failed)
	}
	return len(listed), units, nil
}

func property(ctx context.Context, object dbus.BusObject, of, name string, into any) error {
	var value dbus.Variant
	err := object.CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", dbus.FlagNoAutoStart, of, name).Store(&value)
	if err == nil {
		err = value.Store(into)
	}
	if err != nil {
		return fault.As(fault.Of(err), err, "asking systemd for %s", name)
	}
	return nil
}

func (p *servicesPart) connect(ctx context.Context) error {
	socket, err := p.host.Dial(ctx, "unix", p.host.Files.Path(busSocket))
	if err != nil {
		return fault.Wrap(err, "connecting to the system bus")
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = socket.SetDeadline(deadline) // greeting cannot be given a context
	}
	conn, err := dbus.NewConn(socket)
	if err != nil {
		return errors.Join(fault.As(fault.Of(err), err, "connecting to the system bus"), socket.Close())
	}
	if err := conn.Auth(nil); err != nil {
		return errors.Join(fault.As(fault.Of(err), err, "greeting the system bus"), conn.Close())
	}
	if err := conn.Hello(); err != nil {
		return errors.Join(fault.As(fault.Of(err), err, "greeting the system bus"), conn.Close())
	}
	_ = socket.SetDeadline(time.Time{})
	p.conn = conn
	return nil
}

// askProgram runs systemctl, which as root reaches systemd without a bus.
func (p *servicesPart) askProgram(ctx context.Context) error {
	c := plugin.Command{Name: "systemctl", Args: []string{"list-units", "--failed", "--output=json", "--no-pager"}}
	out, err := p.host.Commands.Run(ctx, c)
	if err != nil {
		return fault.Wrap(err, "asking systemd for failed units")
	}
	if err := command.Check(c, out); err != nil {
		return fault.Wrap(err, "asking systemd for failed units")
	}
	units, count, err := parseUnits(out.Stdout)
	if err != nil {
		return err
	}
	p.known, p.count, p.units = true, count, units
	return nil
}

func parseUnits(answer []byte) ([]failedUnit, int, error) {
	var listed []struct {
		Unit        string `json:"unit"`
		Description string `json:"description"`
	}
	if err := json.Unmarshal(answer, &listed); err != nil {
		return nil, 0, fault.As(fault.BadAnswer, err, "reading the failed units that systemctl lists").
			WithHint("systemctl prints JSON from systemd 246 on; with an older one let Unity reach the system bus")
	}
	var units []failedUnit
	for _, unit := range listed[:min(len(listed), maxUnits)] {
		units = append(units, failedUnit{Name: unit.Unit, Description: unit.Description})
	}
	return units, len(listed), nil
}

// Close implements io.Closer.
func (p *servicesPart) Close() error {
	if p.conn == nil {
		return nil
	}
	conn := p.conn
	p.conn = nil
	return conn.Close()
}
