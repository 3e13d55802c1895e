"""The message types that are added for Foxglove, as a recording defines them.

Those of tf2 and rcl_interfaces are ROS's own; those of foxglove_msgs are the schemas at
github.com/foxglove/foxglove-sdk (MIT), which Foxglove knows by their names.
"""

_COLOUR, _POSE = 'foxglove_msgs/Color color', 'geometry_msgs/Pose pose'
_SIZED = f'{_POSE}\ngeometry_msgs/Vector3 size'
_LIST = (
    'geometry_msgs/Point[] points\n' + _COLOUR + '\nfoxglove_msgs/Color[] colors\nuint32[] indices'
)
_LISTS = ''.join(
    f'foxglove_msgs/{kind}[] {name}\n'
    for kind, name in (
        ('KeyValuePair', 'metadata'),
        ('ArrowPrimitive', 'arrows'),
        ('CubePrimitive', 'cubes'),
        ('SpherePrimitive', 'spheres'),
        ('CylinderPrimitive', 'cylinders'),
        ('LinePrimitive', 'lines'),
        ('TriangleListPrimitive', 'triangles'),
        ('TextPrimitive', 'texts'),
        ('ModelPrimitive', 'models'),
    )
)

TRANSFORMS, SCENE, LOG = (
    'tf2_msgs/msg/TFMessage',
    'foxglove_msgs/msg/SceneUpdate',
    'rcl_interfaces/msg/Log',
)
TYPES = {
    'geometry_msgs/Vector3': 'float64 x\nfloat64 y\nfloat64 z',
    'geometry_msgs/Transform': 'geometry_msgs/Vector3 translation\n'
    'geometry_msgs/Quaternion rotation',
    'geometry_msgs/TransformStamped': 'std_msgs/Header header\nstring child_frame_id\n'
    'geometry_msgs/Transform transform',
    'tf2_msgs/TFMessage': 'geometry_msgs/TransformStamped[] transforms',
    'rcl_interfaces/Log': 'builtin_interfaces/Time stamp\nuint8 level\nstring name\nstring msg\n'
    'string file\nstring function\nuint32 line',
    'foxglove_msgs/Color': 'float64 r\nfloat64 g\nfloat64 b\nfloat64 a',
    'foxglove_msgs/KeyValuePair': 'string key\nstring value',
    'foxglove_msgs/ArrowPrimitive': f'{_POSE}\nfloat64 shaft_length\nfloat64 shaft_diameter\n'
    f'float64 head_length\nfloat64 head_diameter\n{_COLOUR}',
    'foxglove_msgs/CubePrimitive': f'{_SIZED}\n{_COLOUR}',
    'foxglove_msgs/SpherePrimitive': f'{_SIZED}\n{_COLOUR}',
    'foxglove_msgs/CylinderPrimitive': f'{_SIZED}\nfloat64 bottom_scale\nfloat64 top_scale\n'
    f'{_COLOUR}',
    'foxglove_msgs/LinePrimitive': f'uint8 type\n{_POSE}\nfloat64 thickness\n'
    f'bool scale_invariant\n{_LIST}',
    'foxglove_msgs/TriangleListPrimitive': f'{_POSE}\n{_LIST}',
    'foxglove_msgs/TextPrimitive': f'{_POSE}\nbool billboard\nfloat64 font_size\n'
    f'bool scale_invariant\n{_COLOUR}\nstring text',
    'foxglove_msgs/ModelPrimitive': f'{_POSE}\ngeometry_msgs/Vector3 scale\n{_COLOUR}\n'
    'bool override_color\nstring url\nstring media_type\nuint8[] data',
    'foxglove_msgs/SceneEntityDeletion': 'builtin_interfaces/Time timestamp\nuint8 type\n'
    'string id',
    'foxglove_msgs/SceneEntity': 'builtin_interfaces/Time timestamp\nstring frame_id\nstring id\n'
    f'builtin_interfaces/Duration lifetime\nbool frame_locked\n{_LISTS}',
    'foxglove_msgs/SceneUpdate': 'foxglove_msgs/SceneEntityDeletion[] deletions\n'
    'foxglove_msgs/SceneEntity[] entities',
}
"""Fields of a type by its name."""
