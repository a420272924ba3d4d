"""Inspection: what is looked at in a layer, in a loss, and in a network as a whole."""

import copy
from dataclasses import replace

import numpy as np

from ..layers.arrays import find_newest_way
from ..sequential import Sequential
from .functions import LayerFunction, LossFunction, NetworkFunction, ParamsFunction, call
from .ingredients import Ingredients
from .inputs import Batches, draw_normal, draw_pairs, find_pair, pairs_of_rows
from .laws import (check_float32, check_that_gradients_are_overwritten,
                   check_that_it_repeats_itself, check_what_is_written, find_broken_laws,
                   is_same, largest_difference)
from .mistakes import FOLLOWS, MISTAKES
from .naming import name_mistake
from .report import Fault, add_prefix, make_finding, merge, name_of
from .tries import Try

NEARBY = 0.01    # how far off points nearby are, in the size of the numbers


class Inspection:
    """Looks at things and returns findings; `notes` are what else was seen."""

    def __init__(self, rng):
        self.rng, self.notes = rng, []

    # ---- a layer ----

    def look_at_layer(self, layer, batches):
        """The findings about a built layer."""
        findings, tries, suspects, by_params = [], [], [], []
        self.notes += [batches.note] if batches.note else []
        try:
            for a_try, is_first, is_new in self.make_tries(layer, batches):
                if is_first and is_new:
                    unsteady = [*check_that_it_repeats_itself(a_try)]
                    if unsteady:
                        return unsteady
                    findings += check_float32(a_try, self.rng, self.notes)
                if is_first and not findings:
                    findings += find_broken_laws(a_try, batches.other, self.rng, is_new)
                if is_new:
                    tries.append(a_try)
                    suspects += self.find_suspects(a_try)
                    if is_first or by_params:
                        broken, other = self.look_at_other_way(a_try, with_laws=is_first)
                        findings, by_params = findings + broken, by_params + other
            if batches.large is not None and not findings and not suspects:
                a_try = Try(LayerFunction(layer), batches.large, self.rng)
                findings += check_float32(a_try, self.rng, self.notes, only_finite=True)
        except Fault as fault:
            findings.append(fault.finding)
        if not tries and not findings:
            findings.append(make_finding(layer, "forward", "y", "unknown",
                                         "gives no finite y for these x; give others"))
        if not any(finding.mistake == "uses-changed-weights" for finding in findings):
            findings += self.judge(tries, suspects)
            findings += self.judge([a_try for a_try, _ in by_params], by_params)
        return merge(findings, FOLLOWS)

    def make_tries(self, layer, batches):
        """Yield (try, whether it is of the first batch, whether it is new): each batch in both
        modes, of which the second is new unless it gives the same.
        """
        for i, x in enumerate([*batches.general, *batches.special]):
            is_special, before = i >= len(batches.general), None
            for training in (False, True):
                try:
                    a_try = Try(LayerFunction(layer, training), x, self.rng,
                                before and before.dy, is_special)
                except Fault as fault:
                    if i == 0 or fault.method != "forward":
                        raise
                    if not is_special:  # those it need not take
                        self.notes.append(f"{type(layer).__name__}.forward does not take {len(x)} "
                                          f"of these rows, and {fault}")
                    continue
                if a_try.is_finite:
                    yield a_try, i == 0, before is None or not self.are_same(a_try, before)
                before = a_try

    @staticmethod
    def are_same(one, other):
        """Whether y and the gradients are the same in both modes, to the bit."""
        return np.array_equal(one.y, other.y) and all(
            np.array_equal(one.found[name], other.found[name]) for name in one.found)

    def find_suspects(self, a_try):
        """[(try, names)] if gradients do not agree with the derivative."""
        names = a_try.find_suspects(self.rng)
        if names and isinstance(a_try.function.thing, Sequential) and (
                self.goes_through_its_layers(a_try)):
            names = []
        if names:
            names = self.compare_with_nearby(a_try, names)
        if a_try.jumps:
            self.notes.append(f"{name_of(a_try.function.thing)} jumps, and has no derivative "
                              "there")
        return [(a_try, names)] if names else []

    def goes_through_its_layers(self, a_try):
        """Whether the passes of a network are those of its layers, one after the other. If these
        are right, so is the network, by the chain rule, also where several kinks meet.
        """
        function, x = a_try.function, np.array(a_try.x)
        net, twin = (function.copy_at(a_try.point) for _ in range(2))
        y, caches = call(net, "forward", "y", x, function.training)
        outputs, chain = x, []
        for layer in twin.layers:
            outputs, cache = call(layer, "forward", "y", outputs, function.training)
            chain.append(cache)
        dy = self.rng.normal(size=y.shape)
        dx, expected = call(net, "backward", "dx", dy, caches), dy
        for layer, cache in zip(reversed(twin.layers), reversed(chain)):
            expected = call(layer, "backward", "dx", expected, cache)
        return all(map(np.array_equal, (y, dx, net.grads), (outputs, expected, twin.grads)))

    def compare_with_nearby(self, a_try, names):
        """The names that are still suspect: where several kinks meet, as at ties, the slopes along
        the axes do not tell what is right. What lies between gradients at points nearby, where they
        are right, is.
        """
        nearby = []
        for i in range(40):
            function = copy.copy(a_try.function)
            function.thing = function.copy_at(
                {name: array + NEARBY * a_try.scales[name] * self.rng.normal(size=array.shape)
                 for name, array in a_try.point.items()})
            x = a_try.x + NEARBY * a_try.scales["x"] * self.rng.normal(size=a_try.x.shape)
            try:
                nearby.append(Try(function, x, self.rng, a_try.dy))
            except Fault:
                return names
            if i < 3 and set(names) & set(nearby[-1].find_suspects(self.rng)):
                return names
        return [name for name in names if not is_between(
            a_try.found[name], [other.found[name] for other in nearby])]

    def look_at_other_way(self, a_try, with_laws):
        """(findings, [(try, names)]): broken laws of backward_params, and the arrays for which it
        gives other gradients than backward.
        """
        layer = a_try.function.thing
        if len(a_try.point) == 1 or find_newest_way(type(layer)) == "backward":
            return [], []
        other = Try(ParamsFunction(layer, a_try.function.training), a_try.x, self.rng, a_try.dy)
        names = [name for name, gradient in other.found.items()
                 if not is_same(gradient, a_try.found[name])]
        findings = [*check_what_is_written(other)] if with_laws else []
        if names:
            findings += check_that_gradients_are_overwritten(other, self.rng)
        return findings, [(other, names)] if names and not findings else []

    # ---- a loss ----

    def look_at_loss(self, loss, pairs):
        """The findings about a loss."""
        findings, tries, suspects = [], [], []
        try:
            for x, t, w, is_special in pairs:
                a_try = Try(LossFunction(loss, t, w), x, self.rng, is_special=is_special)
                if not a_try.is_finite:
                    continue
                if not tries:
                    findings += [*check_that_it_repeats_itself(a_try),
                                 *find_broken_laws(a_try, np.roll(x, 1, axis=0), self.rng),
                                 *check_float32(a_try, self.rng, self.notes)]
                tries.append(a_try)
                suspects += self.find_suspects(a_try)
        except Fault as fault:
            findings.append(fault.finding)
        if not tries and not findings:
            findings.append(make_finding(loss, "forward", "L", "unknown",
                                         "gives no finite L for these x and t; give others"))
        return merge(findings + self.judge(tries, suspects), FOLLOWS)

    # ---- a network ----

    def look_at_network(self, net, x=None, t=None):
        """The findings about a network: first its layers one by one, at what reaches them, then its
        loss, and only if these are right its own passes.
        """
        x = draw_normal(self.rng, (6, *net.input_shape)) if x is None else x
        findings = self.look_at_layers(net, Batches.of_rows(x))
        if net.loss is not None:
            try:
                outputs = LayerFunction(net).value(LayerFunction(net).point(x))
                k = net.output_shape[0]
                if t is None:
                    pairs = draw_pairs(net.loss, k, self.rng)
                    t, _, _ = find_pair(net.loss, len(x), k, self.rng, outputs)
                else:
                    pairs = pairs_of_rows(outputs, t, self.rng)
                findings += add_prefix("loss.", self.look_at_loss(net.loss, pairs))
            except Fault as fault:
                if not findings:
                    findings.append(fault.finding)
        if not findings:
            findings = self.look_at_passes(net, x, t)
        return merge(findings, FOLLOWS)

    def look_at_layers(self, net, batches):
        """The findings about the layers of a network, one by one."""
        findings = []
        for i, layer in enumerate(net.layers):
            found = []
            if isinstance(layer, Sequential):
                found = self.look_at_layers(layer, batches)
            if not found and type(layer) is not Sequential:
                found = self.look_at_layer(layer, batches)
            findings += add_prefix(f"{i}.", found)
            function, rows = LayerFunction(layer), []
            for x in batches.general:
                try:
                    rows.append(function.value(function.point(x)))
                except Fault:  # of which that layer has a finding or a note
                    continue
            if not rows:
                break
            batches = replace(Batches.of_rows(rows[0]), general=rows)
        return findings

    def look_at_passes(self, net, x, t):
        """The findings about the passes of a network itself, whose layers and loss are right."""
        if net.loss is None:
            return self.look_at_layer(net, Batches.of_rows(x))
        tries, suspects = [], []
        try:
            for training in (True, False):
                a_try = Try(NetworkFunction(net, t, training), x, self.rng)
                if a_try.is_finite and not (tries and self.are_same(a_try, tries[0])):
                    tries.append(a_try)
                    suspects += self.find_suspects(a_try)
            plain = Try(LayerFunction(net, True), x, self.rng)
            # those of Sequential itself do what its layers do
            is_own = type(net) is not Sequential
            findings, by_params = self.look_at_other_way(plain, with_laws=is_own)
            if is_own:
                findings += find_broken_laws(plain, np.roll(x, 1, axis=0), self.rng)
        except Fault as fault:
            return [fault.finding]
        findings += self.judge(tries, suspects)
        return findings + self.judge([a_try for a_try, _ in by_params], by_params)

    # ---- what is wrong ----

    def judge(self, tries, suspects):
        """The findings about suspects, [(try, names)]: the mistake that explains all tries in the
        modes in which something is wrong.
        """
        findings = []
        for name in dict.fromkeys(name for _, names in suspects for name in names):
            suspicious = [a_try for a_try, names in suspects if name in names]
            modes = {a_try.function.training for a_try in suspicious}
            general = sorted((a_try for a_try in tries if a_try.function.training in modes
                              and not a_try.is_special), key=lambda a_try: a_try.n)
            most = 2 if suspicious[0].point[name].size > 1000 else 3
            for looked_at in general, suspicious:
                evidence = [Ingredients(a_try, name) for a_try in looked_at[:most * len(modes)]]
                wrong = [e for e in evidence if e.wrong.any()]
                if wrong:
                    mistake, text = name_mistake(MISTAKES, evidence)
                    if len(modes) == 1 and any(a_try.function.training not in modes
                                               for a_try in tries):
                        text += ", in training" if True in modes else ", at inference"
                    shown = max(wrong, key=lambda e: e.n)
                    part, method = shown.function.owner_of(name)
                    findings.append(make_finding(part, method, shown.array, mistake, text,
                                                 **find_place(shown)))
                    break
            else:
                if evidence[0].is_sampled:  # the few numbers that are wrong are not among these
                    e = evidence[0]
                    findings.append(make_finding(*e.function.owner_of(name), e.array, "unknown",
                                                 f"gives a d{name.rpartition('.')[2]} that is not "
                                                 "the derivative, in some of many places"))
        return findings


def is_between(gradient, others):
    """Whether each number lies between those of the others, but for what they change by nearby."""
    margin = NEARBY * max(np.abs(other).max(initial=0) for other in others)
    return bool((np.min(others, axis=0) - margin <= gradient).all()
                and (gradient <= np.max(others, axis=0) + margin).all())


def find_place(e):
    """The place of the largest difference among the wrong ones, and both numbers."""
    numbers = largest_difference(np.where(e.wrong, e.found, e.right), e.right)
    if e.is_sampled:
        place = np.unravel_index(e.places[numbers["place"]], e.a_try.point[e.name].shape)
        numbers["place"] = tuple(map(int, place))
    return numbers
