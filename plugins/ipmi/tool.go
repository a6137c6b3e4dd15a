package ipmi

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
)

const ipmitool = "ipmitool"

// tool asks a controller by ipmitool: the one of this machine, and those whose
// IPMI is too old or too odd for us.
type tool struct {
	config config
	filter filter
	host   plugin.Host
	suite  int // that the controller agreed to in an earlier run
}

// where names what is asked.
func (t *tool) where() string {
	if t.config.Host == "" {
		return "the controller of this machine"
	}
	const usual = 623
	return t.config.endpoint(usual)
}

// run runs ipmitool with a command. The password goes in through its
// environment, where nobody else sees it.
func (t *tool) run(ctx context.Context, words ...string) (string, error) {
	c := plugin.Command{Name: ipmitool, Sudo: t.config.Sudo, Args: []string{"-I", "open"}}
	if t.config.Host != "" {
		password, err := t.config.Password.Reveal()
		if err != nil {
			return "", err
		}
		const usual = 623
		at := t.config.endpoint(usual)
		colon := strings.LastIndexByte(at, ':')
		kind := interfaceLanplus
		if t.config.Interface == interfaceLan {
			kind = interfaceLan
		}
		c.Args = []string{"-I", kind, "-H", strings.Trim(at[:colon], "[]"), "-p", at[colon+1:], "-L", t.config.Privilege, "-E"}
		if kind == interfaceLanplus && t.suite != 0 {
			// Left to itself, it asks for the suites first, and not all answer.
			c.Args = append(c.Args, "-C", strconv.Itoa(t.suite))
		}
		if t.config.Username != "" {
			c.Args = append(c.Args, "-U", t.config.Username)
		}
		c.Env = map[string]string{"IPMI_PASSWORD": password}
	}
	c.Args = append(c.Args, words...)
	output, err := t.host.Commands.Run(ctx, c)
	if err != nil {
		if fault.Of(err) == fault.NotInstalled {
			err = fault.As(fault.NotInstalled, err, "asking %s", t.where()).WithHint("install it: apt-get install ipmitool")
		}
		return "", err
	}
	if output.ExitCode != 0 {
		return "", t.explain(c, output)
	}
	return string(output.Stdout), nil
}

// explain turns a complaint of ipmitool into a fault.
func (t *tool) explain(c plugin.Command, output plugin.Output) error {
	said := tidy(string(output.Stderr))
	fail := func(kind fault.Kind, words, hint string) error {
		return fault.New(kind, "asking %s with ipmitool: %s", t.where(), words).WithHint("%s", hint)
	}
	switch {
	case strings.Contains(said, "No such file or directory") && strings.Contains(said, "/dev/ipmi"):
		return fail(fault.NotFound, "this machine has no /dev/ipmi0", "load the drivers: modprobe ipmi_si ipmi_devintf; without a controller there is nothing to load")
	case strings.Contains(said, "Permission denied"):
		return fail(fault.Permission, "/dev/ipmi0 may not be opened", "let the user that runs Unity read and write it (a udev rule), or set use_sudo and a line for sudo")
	case strings.Contains(said, "invalid authentication algorithm"), strings.Contains(said, "no matching cipher suite"),
		strings.Contains(said, "invalid integrity algorithm"), strings.Contains(said, "invalid confidentiality algorithm"):
		return fail(fault.Unsupported, "the controller knows none of the cipher suites", "allow suite 17 or 3 on it, or see cipher_suites")
	case strings.Contains(said, "Insufficient privilege"):
		return fail(fault.Permission, "the privilege does not suffice", "set privilege to OPERATOR, and give the user that right")
	case strings.Contains(said, "unauthorized name"), strings.Contains(said, "HMAC is invalid"), strings.Contains(said, "invalid role"),
		strings.Contains(said, "Invalid user name"), strings.Contains(said, "Activate Session error"):
		return fail(fault.Auth, "the login is refused", "check user and password, that the user may use IPMI over LAN, and that it may have the privilege")
	case strings.Contains(said, "Unable to establish"), strings.Contains(said, "Could not open socket"):
		return fail(fault.Unreachable, "no session could be opened", "ipmitool does not say why: the network, IPMI over LAN that is off, or the login; interface lanplus does")
	default:
		return command.Check(c, output)
	}
}

// read implements peer.
func (t *tool) read(ctx context.Context) (*machine, error) {
	m := &machine{Protocol: protocolIPMI, Address: t.where()}
	if t.config.Host == "" {
		m.Protocol = protocolLocal
	}
	text, err := t.begin(ctx)
	if err != nil {
		return nil, err
	}
	info := pairs(text)
	if info["Firmware Revision"] == "" {
		return nil, fault.New(fault.BadAnswer, "asking %s with ipmitool: it does not say what the controller is", t.where())
	}
	m.Firmware, m.Manufacturer = info["Firmware Revision"], tidy(info["Manufacturer Name"])
	for _, step := range []struct {
		part string
		read func(context.Context, *machine) error
	}{
		{partChassis, t.readChassis}, {partSensors, t.readSensors}, {partPower, t.readPower}, {partInventory, t.readInventory}, {partLog, t.readLog},
	} {
		if !slices.Contains(t.config.Collect, step.part) {
			continue
		}
		if err := step.read(ctx, m); err != nil {
			if ctx.Err() != nil {
				return nil, err
			}
			m.problems = append(m.problems, err)
		}
	}
	return m, nil
}

// check implements peer.
func (t *tool) check(ctx context.Context) error {
	_, err := t.begin(ctx)
	return err
}

// begin asks what the controller is, with the first cipher suite that it knows.
func (t *tool) begin(ctx context.Context) (text string, err error) {
	if t.suite != 0 || t.config.Host == "" || t.config.Interface == interfaceLan {
		return t.run(ctx, "mc", "info")
	}
	for _, t.suite = range t.config.Ciphers {
		text, err = t.run(ctx, "mc", "info")
		if fault.Of(err) != fault.Unsupported {
			break
		}
	}
	if err != nil {
		t.suite = 0
	}
	return text, err
}

func (t *tool) close() error { return nil }

// pairs reads lines of a name and a value.
func pairs(text string) map[string]string {
	found := make(map[string]string)
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(line, ":")
		if name, value = strings.TrimSpace(name), strings.TrimSpace(value); ok && name != "" && value != "" {
			if _, again := found[name]; !again {
				found[name] = value
			}
		}
	}
	return found
}

func (t *tool) readChassis(ctx context.Context, m *machine) error {
	text, err := t.run(ctx, "chassis", "status")
	if err != nil {
		return err
	}
	said := pairs(text)
	if power := said["System Power"]; power == "on" || power == "off" {
		on := power == "on"
		m.PowerOn = &on
	}
	for _, f := range []struct{ name, kind string }{
		{"Power Overload", "power_overload"},
		{"Power Interlock", "interlock"},
		{"Main Power Fault", "main_power"},
		{"Power Control Fault", "power_control"},
		{"Chassis Intrusion", "intrusion"},
		{"Drive Fault", "drive"},
		{"Cooling/Fan Fault", "cooling"},
	} {
		switch said[f.name] {
		case "true", "active":
			m.Faults = append(m.Faults, chassisFault{f.kind, true})
		case "false", "inactive":
			m.Faults = append(m.Faults, chassisFault{f.kind, false})
		}
	}
	for _, f := range []struct{ name, title string }{{"Power Restore Policy", "After a power cut"}, {"Last Power Event", "Last power event"}} {
		if said[f.name] != "" {
			m.Chassis = append(m.Chassis, fact{f.title, tidy(said[f.name])})
		}
	}
	return nil
}

// columns reads lines whose columns are parted by bars; shorter ones are left
// out.
func columns(text string, least int) [][]string {
	var rows [][]string
	for line := range strings.Lines(text) {
		row := strings.Split(line, "|")
		if len(row) < least {
			continue
		}
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		rows = append(rows, row)
	}
	return rows
}

// placed is what the list of descriptions says of a sensor.
type placed struct{ entity, words string }

func (t *tool) readSensors(ctx context.Context, m *machine) error {
	text, err := t.run(ctx, "sdr", "elist", "all")
	if err != nil {
		return err
	}
	const listed, measured = 5, 10
	places := make(map[string][]placed)
	for _, row := range columns(text, listed) {
		places[row[0]] = append(places[row[0]], placed{entity: entityOf(row[3]), words: row[4]})
	}
	if text, err = t.run(ctx, "sensor"); err != nil {
		return err
	}
	for _, row := range columns(text, measured) {
		s := sensor{Name: tidy(row[0]), Kind: kindOther, State: stateNA}
		if here := places[row[0]]; len(here) > 0 {
			s.Entity = here[0].entity
			if row[2] == "discrete" {
				s.Words = wordsIn(here[0].words)
			}
			places[row[0]] = here[1:] // of several with a name, the next
		}
		if !t.filter.shows(s.Name) || s.Name == "" {
			continue
		}
		s.measure(row)
		m.add(s)
	}
	if len(m.Sensors) == 0 {
		return fault.New(fault.Partial, "asking %s for its sensors: it has none", t.where()).
			WithHint("it may be starting; a controller without sensors tells nothing of its machine")
	}
	return nil
}

// measure takes value, state and thresholds of a line of ipmitool sensor.
func (s *sensor) measure(row []string) {
	if row[2] == "discrete" {
		s.Type = "other"
		if row[1] == "na" {
			return
		}
		s.State = stateOK
		for _, text := range s.Words {
			s.State = worse(s.State, gradeOf(text))
		}
		if strings.HasPrefix(strings.ToUpper(s.Name), "PS") || strings.HasPrefix(s.Entity, "power supply") {
			s.Type = "power supply"
		}
		return
	}
	factor, shift := 1.0, 0.0
	switch row[2] {
	case "degrees C":
		s.Unit = "celsius"
	case "degrees F":
		const fifth, ice = 5.0 / 9, 32
		s.Unit, factor, shift = "celsius", fifth, -ice*fifth
	case "RPM":
		s.Unit = "rpm"
	case "Volts":
		s.Unit = "volts"
	case "Amps":
		s.Unit = "amperes"
	case "Watts":
		s.Unit = "watts"
	case "percent":
		s.Unit, factor = "ratio", 0.01
	case "unspecified":
	default:
		s.Unit = strings.ReplaceAll(strings.ToLower(row[2]), " ", "_")
	}
	read := func(text string) *float64 {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil
		}
		if factor != 1 {
			return value(roundTo(v*factor+shift, 1e6))
		}
		return value(v)
	}
	s.Kind = kindOfUnit(s.Unit)
	s.Type = s.Kind
	s.Value = read(row[1])
	s.Lower = thresholds{Fatal: read(row[4]), Critical: read(row[5]), Warning: read(row[6])}
	s.Upper = thresholds{Warning: read(row[7]), Critical: read(row[8]), Fatal: read(row[9])}
	switch state := row[3]; {
	case s.Value == nil:
	case strings.HasSuffix(state, "nc"):
		s.State = stateWarning
	case strings.HasSuffix(state, "cr"), strings.HasSuffix(state, "nr"):
		s.State = stateCritical
	case state == "ok":
		s.State = stateOK
	}
}

// entityOf reads "10.1" as the list of descriptions has it.
func entityOf(text string) string {
	entity, instance, ok := strings.Cut(text, ".")
	a, err := strconv.ParseUint(entity, 10, 8)
	b, bad := strconv.ParseUint(instance, 10, 8)
	if !ok || err != nil || bad != nil {
		return ""
	}
	return entityName(byte(a), byte(b))
}

// wordsIn splits the states of a sensor.
func wordsIn(text string) []string {
	var words []string
	for word := range strings.SplitSeq(text, ",") {
		if word = tidy(word); word != "" && word != "No Reading" && word != "Disabled" {
			words = append(words, strings.ToLower(word))
		}
	}
	return words
}

// gradeOf says how good a state is that ipmitool tells in words.
func gradeOf(text string) string {
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(text, word) })
	}
	switch {
	case has("deasserted", "not exceeded", "fully redundant"):
		return stateOK
	case has("predictive", "degraded", "opened", "intrusion", "throttled", "non-critical", "rebuild", "sufficient resources", "low battery"):
		return stateWarning
	case has("fail", "fault", "lost", "error", "critical", "non-recoverable", "trip", "insufficient", "out-of-range"):
		return stateCritical
	default:
		return stateOK
	}
}

func (t *tool) readPower(ctx context.Context, m *machine) error {
	text, err := t.run(ctx, "dcmi", "power", "reading")
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		return nil // many controllers do not measure it
	}
	said := pairs(text)
	read := func(name string) *float64 {
		number, _, _ := strings.Cut(said[name], " ")
		v, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return nil
		}
		return value(v)
	}
	if said["Power reading state is"] != "deactivated" {
		m.Watts = consumption{
			Now: read("Instantaneous power reading"), Max: read("Maximum during sampling period"), Average: read("Average power reading over sample period"),
		}
	}
	return nil
}

func (t *tool) readInventory(ctx context.Context, m *machine) error {
	text, err := t.run(ctx, "fru", "print", "0")
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		return nil // it exits so where there is none
	}
	said := pairs(text)
	first := func(names ...string) string {
		for _, name := range names {
			if text := tidy(said[name]); text != "" {
				return text
			}
		}
		return ""
	}
	p := part{
		Name: "machine", Manufacturer: first("Product Manufacturer", "Board Mfg"), Product: first("Product Name", "Board Product"),
		Serial: first("Product Serial", "Board Serial"), Number: first("Product Part Number", "Board Part Number"),
	}
	if p != (part{Name: "machine"}) {
		m.Parts = append(m.Parts, p)
		m.Model, m.Serial = p.Product, p.Serial
		if p.Manufacturer != "" {
			m.Manufacturer = p.Manufacturer
		}
	}
	return nil
}

func (t *tool) readLog(ctx context.Context, m *machine) error {
	text, err := t.run(ctx, "sel", "info")
	if err != nil {
		return err
	}
	said := pairs(text)
	entries, bad := strconv.ParseFloat(said["Entries"], 64)
	if bad != nil { // it has no log
		return err
	}
	log := &eventLog{Entries: &entries, Overflow: said["Overflow"] == "true"}
	free, _, _ := strings.Cut(said["Free Space"], " ")
	if bytes, err := strconv.ParseFloat(free, 64); err == nil {
		log.FreeBytes = &bytes
		if all := bytes + entries*selRecordBytes; all > 0 {
			log.Used = value(entries * selRecordBytes / all)
		}
	}
	m.Log = log
	if entries == 0 {
		return nil
	}
	if text, err = t.run(ctx, "-c", "sel", "elist", "last", strconv.Itoa(t.config.Recent)); err != nil {
		return err
	}
	for line := range strings.Lines(text) {
		if e, ok := parseListed(strings.TrimSpace(line)); ok {
			log.Events = slices.Insert(log.Events, 0, e)
		}
	}
	return nil
}

// parseListed reads an entry: number, day, time, sensor, what, and whether it came
// or went, parted by commas.
func parseListed(line string) (logEvent, bool) {
	fields := strings.Split(line, ",")
	const least = 5
	if len(fields) < least {
		return logEvent{}, false
	}
	id, err := strconv.ParseUint(fields[0], 16, 16)
	if err != nil {
		return logEvent{}, false
	}
	e := logEvent{ID: strconv.FormatUint(id, 10), Sensor: tidy(fields[3]), Severity: severityInfo}
	moment, _, _ := strings.Cut(fields[1]+" "+fields[2], " UTC")
	for _, layout := range []string{"01/02/2006 15:04:05", "01/02/06 15:04:05"} {
		if at, err := time.Parse(layout, moment); err == nil {
			at = at.UTC()
			e.Time = &at
		}
	}
	words := fields[4:]
	for i := range words {
		words[i] = tidy(words[i])
	}
	e.Text = strings.ToLower(strings.Join(words, ", "))
	if grade := gradeOf(e.Text); grade != stateOK {
		e.Severity = grade
	}
	return e, true
}
