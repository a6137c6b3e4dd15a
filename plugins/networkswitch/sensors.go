package networkswitch

import (
	"cmp"
	"context"
	"math"
	"strings"
)

// entity is a part of the device.
type entity struct {
	class                         int
	name, model, serial, software string
}

// sensor is something that the device measures.
type sensor struct {
	name   string
	metric string // that it is a sample of; empty when there is none
	unit   string
	value  float64
	known  bool
	ok     bool
}

// The classes of parts.
const (
	classChassis = 3
	classStack   = 11
)

// readInventory asks which parts the device has.
func (c *collector) readInventory(ctx context.Context, _ *survey) error {
	rows, err := c.session.walk(ctx, "its parts", entClass, entName, entSoftware, entSerial, entModel)
	if err != nil {
		return err
	}
	for _, index := range rows.indexes(entClass, entName) {
		e := entity{
			class: int(rows[entClass][index].number), name: textOf(rows, entName, index), model: textOf(rows, entModel, index),
			serial: textOf(rows, entSerial, index), software: textOf(rows, entSoftware, index),
		}
		c.slow.entities[index] = e
		if e.model != "" || e.serial != "" {
			c.slow.inventory = append(c.slow.inventory, e)
		}
	}
	return nil
}

// model is what the device's maker calls it.
func (c *collector) model() (model, serial, software string) {
	for _, e := range c.slow.inventory {
		if e.class == classChassis || e.class == classStack {
			return e.model, e.serial, e.software
		}
	}
	return "", "", ""
}

// readSensors asks for what the device measures of itself.
func (c *collector) readSensors(ctx context.Context, s *survey) error {
	if !c.slowDue && !c.slow.known[partSensors] {
		return nil
	}
	rows, err := c.session.walk(ctx, "its sensors", sensorType, sensorScale, sensorPrecision, sensorValue, sensorStatus)
	if err != nil {
		return err
	}
	for _, index := range rows.indexes(sensorValue) {
		if one, ok := sensorOf(rows, index); ok {
			one.name = cmp.Or(c.slow.entities[index].name, index)
			s.sensors = append(s.sensors, one)
		}
	}
	if s.vendor() == "MikroTik" {
		if err := c.readMikroTik(ctx, s); err != nil {
			return err
		}
	}
	seen := make(map[string]bool)
	for i := range s.sensors {
		if name := s.sensors[i].name + s.sensors[i].metric; seen[name] {
			s.sensors[i].name += " #" + countOf(i)
		}
		seen[s.sensors[i].name+s.sensors[i].metric] = true
	}
	c.slow.known[partSensors] = len(s.sensors) > 0
	return nil
}

// sensorOf reads a row of the sensors. Truth values are none.
func sensorOf(rows table, index string) (sensor, bool) {
	v := rows[sensorValue][index]
	status, told := rows.at(sensorStatus, index)
	one := sensor{ok: !told || status.number == 1}
	factor := 1.0
	switch int(rows[sensorType][index].number) {
	case 3, 4:
		one.metric, one.unit = "snmp_sensor_volts", "V"
	case 5:
		one.metric, one.unit = "snmp_sensor_amperes", "A"
	case 6:
		one.metric, one.unit = "snmp_sensor_watts", "W"
	case 7:
		one.metric, one.unit = "snmp_sensor_hertz", "Hz"
	case 8:
		one.metric, one.unit = "snmp_sensor_celsius", "°C"
	case 9:
		one.metric, one.unit, factor = "snmp_sensor_humidity_ratio", "", 0.01
	case 10:
		one.metric, one.unit = "snmp_sensor_rpm", "rpm"
	default:
		return one, false
	}
	const units, lowest, highest, thousand = 9, 1, 17, 3
	exponent := 0.0
	if scale, ok := rows.at(sensorScale, index); ok && scale.number >= lowest && scale.number <= highest {
		exponent = thousand * (scale.number - units)
	}
	if precision, ok := rows.at(sensorPrecision, index); ok && math.Abs(precision.number) <= units {
		exponent -= precision.number
	}
	if v.isNumber() && one.ok {
		one.value, one.known = scaled(v.number*factor, exponent), true
	}
	return one, true
}

// scaled multiplies by a power of ten, in the way that leaves 23.5 what it is.
func scaled(value, exponent float64) float64 {
	if exponent < 0 {
		return value / math.Pow(10, -exponent)
	}
	return value * math.Pow(10, exponent)
}

// readMikroTik asks RouterOS, which has a table of its own.
func (c *collector) readMikroTik(ctx context.Context, s *survey) error {
	rows, err := c.session.walk(ctx, "its sensors", mtxrName, mtxrValue, mtxrUnit)
	if err != nil {
		return err
	}
	const celsius, rpm, decivolts, deciamperes, deciwatts, tenths = 1, 2, 3, 4, 5, 10
	for _, index := range rows.indexes(mtxrValue) {
		v := rows[mtxrValue][index]
		one := sensor{name: cmp.Or(textOf(rows, mtxrName, index), index), value: v.number, known: v.isNumber(), ok: true}
		switch int(rows[mtxrUnit][index].number) {
		case celsius:
			one.metric, one.unit = "snmp_sensor_celsius", "°C"
		case rpm:
			one.metric, one.unit = "snmp_sensor_rpm", "rpm"
		case decivolts:
			one.metric, one.unit, one.value = "snmp_sensor_volts", "V", one.value/tenths
		case deciamperes:
			one.metric, one.unit, one.value = "snmp_sensor_amperes", "A", one.value/tenths
		case deciwatts:
			one.metric, one.unit, one.value = "snmp_sensor_watts", "W", one.value/tenths
		default:
			continue
		}
		s.sensors = append(s.sensors, one)
	}
	return nil
}

// resources are how busy the device itself is.
type resources struct {
	cpu, memory float64
	cpuKnown    bool
	memoryKnown bool
	storage     map[string]float64
}

// readResources asks how busy the device is.
func (c *collector) readResources(ctx context.Context, s *survey) error {
	s.resources.storage = make(map[string]float64)
	if !c.slowDue && !c.slow.known[partResources] {
		return nil
	}
	rows, err := c.session.walk(ctx, "its load", hrProcessorLoad, hrStorageType, hrStorageDescr, hrStorageUnit, hrStorageSize, hrStorageUsed)
	if err != nil {
		return err
	}
	memory, err := c.session.get(ctx, "its memory", ucdTotal, ucdFree, ucdBuffers, ucdCached, ucdAvailable)
	if err != nil {
		return err
	}
	const percent = 100
	sum := 0.0
	for _, v := range rows[hrProcessorLoad] {
		sum += v.number
	}
	if n := len(rows[hrProcessorLoad]); n > 0 {
		s.resources.cpu, s.resources.cpuKnown = sum/float64(n)/percent, true
	}
	for _, index := range rows.indexes(hrStorageSize) {
		size, used := rows[hrStorageSize][index].number, rows[hrStorageUsed][index].number
		if size <= 0 || used < 0 {
			continue
		}
		switch rows[hrStorageType][index].oid {
		case storageRAM:
			s.resources.memory, s.resources.memoryKnown = used/size, true
		case storageDisk:
			name := cmp.Or(textOf(rows, hrStorageDescr, index), index)
			// What the kernel mounts for itself is no storage.
			if !strings.HasPrefix(name, "/run") && !strings.HasPrefix(name, "/dev") && !strings.HasPrefix(name, "/sys") && !strings.HasPrefix(name, "/proc") {
				s.resources.storage[name] = used / size
			}
		}
	}
	// Net-SNMP counts what is cached as used, and says elsewhere what is.
	if total := memory[ucdTotal].number; total > 0 {
		free := memory[ucdFree].number + memory[ucdBuffers].number + memory[ucdCached].number
		if v, ok := memory[ucdAvailable]; ok && v.number > 0 {
			free = v.number
		}
		if free > 0 && free <= total {
			s.resources.memory, s.resources.memoryKnown = 1-free/total, true
		}
	}
	c.slow.known[partResources] = s.resources.cpuKnown || s.resources.memoryKnown || len(s.resources.storage) > 0
	return nil
}
