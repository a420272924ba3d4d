"""Mutants: the methods by which a class goes back, each with one small change in its code."""

import ast
import copy
import inspect
import textwrap

SWAPS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
         ast.MatMult: None, ast.Gt: ast.Lt, ast.GtE: ast.Lt, ast.LtE: ast.Gt, ast.Lt: ast.GtE,
         ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult}


def change(node):
    """Other nodes to put into the place of this one, each with one change."""
    if isinstance(node, ast.BinOp) and SWAPS.get(type(node.op)):
        yield ast.BinOp(node.left, SWAPS[type(node.op)](), node.right)  # operators swapped
        yield from (node.left, node.right)                              # terms dropped
    if isinstance(node, ast.Compare) and SWAPS.get(type(node.ops[0])):
        yield ast.Compare(node.left, [SWAPS[type(node.ops[0])]()], node.comparators)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value
    if isinstance(node, ast.keyword) and node.arg == "axis":
        axis = ast.unparse(node.value)
        yield ast.keyword("axis", ast.Constant({"0": -1, "-1": 0}.get(axis)))
    if isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value:
        yield ast.Constant(2 * node.value)                              # constants doubled
        yield ast.Constant(node.value + 1)
    if isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        if ast.unparse(node.func) in ("np.where", "np.clip", "np.sign", "np.exp", "np.expm1"):
            yield from node.args
    if isinstance(node, ast.AugAssign):
        yield ast.Assign([node.target], node.value, lineno=node.lineno)


def mutate(tree):
    """[(description, tree)]: the code with each change that there is."""
    places = []

    def walk(parent):
        for field, value in ast.iter_fields(parent):
            for i, node in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(node, ast.AST):
                    places.append((parent, field, i if isinstance(value, list) else None, node))
                    walk(node)

    walk(tree)
    for parent, field, i, node in places:
        for other in list(change(node)):
            value = getattr(parent, field)
            if i is None:
                setattr(parent, field, other)
            else:
                value[i] = other
            yield (f"{ast.unparse(node)} -> {ast.unparse(other)}",
                   ast.fix_missing_locations(copy.deepcopy(tree)))
            if i is None:
                setattr(parent, field, node)
            else:
                value[i] = node


def find_mutants(function, owner):
    """[(description, function)] of a function, or a method of the class that owns it."""
    function = inspect.unwrap(function)
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    tree.body[0].decorator_list = []
    for description, mutant in mutate(tree):
        # a function within a function that has __class__, for super()
        maker = ast.parse("def make(__class__):\n    pass\n    return " + function.__name__)
        maker.body[0].body[0] = mutant.body[0]
        scope = {}
        exec(compile(ast.fix_missing_locations(maker), f"<{description}>", "exec"),
             function.__globals__, scope)
        yield f"{function.__qualname__}: {description}", scope["make"](owner)


def ways_back(cls):
    """[(the class that owns it, its name)] of the methods by which a class goes back."""
    names = ("backward", "backward_params", "share", "share_out")
    return [(next(base for base in cls.__mro__ if name in vars(base)), name)
            for name in names if hasattr(cls, name)
            and next(base for base in cls.__mro__ if name in vars(base)).__name__
            not in ("Layer",)]
