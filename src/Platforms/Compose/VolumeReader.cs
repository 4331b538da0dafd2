using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Compose;

/// <summary>Compose's mounts, short form (<c>[SOURCE:]TARGET[:MODE]</c>) and long form; a later one on the same target wins.</summary>
internal static class VolumeReader
{
    private const string Form = "TARGET, SOURCE:TARGET or SOURCE:TARGET:MODE with a full path as TARGET, or a map with type, source and target";

    public static IReadOnlyList<VolumeMount> Read(Field field)
    {
        var mounts = new OrderedDictionary<string, VolumeMount>();
        foreach (var item in field.Items("a list of volumes"))
        {
            if ((item.Node is MapNode ? ReadLong(item) : ReadShort(item)) is { } mount)
            {
                mounts[mount.Target] = mount;
            }
        }

        return [.. mounts.Values];
    }

    private static VolumeMount? ReadShort(Field item)
    {
        if (item.NonEmptyText(Form) is not { } text)
        {
            return null;
        }

        var parts = text.Split(':');
        if (parts.Length > 3 || parts.Any(p => p.Length == 0))
        {
            item.Wrong(Form);
            return null;
        }

        if (parts.Length == 1)
        {
            return new VolumeMount("", parts[0], false, "volume");
        }

        var bind = parts[0][0] is '.' or '/' or '~';
        var source = bind ? item.Node!.Source.Resolve(Units.ExpandHome(parts[0])) : parts[0];
        var readOnly = parts.Length == 3 && parts[2].Split(',').Contains("ro");
        return new VolumeMount(source, parts[1], readOnly, bind ? "bind" : "volume");
    }

    private static VolumeMount? ReadLong(Field item)
    {
        var type = item["type"].Text() ?? "volume";
        if (item["target"].NonEmptyText("a path in the container") is not { } target)
        {
            item.Wrong(Form);
            return null;
        }

        var source = type == "bind" ? item["source"].FullPath() : item["source"].Text();
        return new VolumeMount(source ?? "", target, item["read_only"].Flag() ?? false, type);
    }
}
