using System.Globalization;
using System.Text;

namespace Quorate.Platforms.Processes;

/// <summary>One line of <c>/proc/self/mountinfo</c>. Device is major:minor; Root is the part of the file system that is mounted.</summary>
internal sealed record Mount(int Id, int ParentId, string Device, string Root, string MountPoint, bool ReadOnly, string Type, string Source)
{
    /// <summary>The same thing mounted at the same place, whatever its flags.</summary>
    public string Fingerprint => $"{Device} {Root} {MountPoint}";
}

/// <summary>The mounts of this process's namespace, by proc(5).</summary>
internal sealed class MountTable(IReadOnlyList<Mount> mounts)
{
    private const int MaxReads = 20;

    /// <summary>
    /// The kernel hands the table out in pieces, and one that changes meanwhile can lack lines: it is read until two
    /// readings agree.
    /// </summary>
    public static MountTable Read()
    {
        var text = File.ReadAllText("/proc/self/mountinfo");
        for (var reads = 1; reads < MaxReads; reads++)
        {
            var again = File.ReadAllText("/proc/self/mountinfo");
            if (again == text)
            {
                break;
            }

            text = again;
        }

        return new([.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)]);
    }

    /// <summary>The mount that a path really lies on: the tree is walked, because a later mount hides those under it.</summary>
    public Mount Find(string path)
    {
        var current = mounts.Last(m => m.MountPoint == "/" && !mounts.Any(p => p.Id == m.ParentId && p.Id != m.Id && p.MountPoint == "/"));
        while (NextOnTheWay(current, path) is { } next)
        {
            current = next;
        }

        return current;
    }

    /// <summary>Mounts that are visible strictly below a folder.</summary>
    public IEnumerable<Mount> FindBelow(string folder) =>
        mounts.Where(m => m.MountPoint != folder && IsUnder(m.MountPoint, folder) && Find(m.MountPoint).Id == m.Id);

    public static bool IsUnder(string path, string folder) =>
        path == folder || folder == "/" || path.StartsWith(folder + "/", StringComparison.Ordinal);

    private Mount? NextOnTheWay(Mount current, string path) => mounts
        .Where(m => m.ParentId == current.Id && m.Id != current.Id && IsUnder(path, m.MountPoint))
        .MinBy(m => m.MountPoint.Length);

    private static Mount Parse(string line)
    {
        var fields = line.Split(' ');
        var dash = Array.IndexOf(fields, "-", 6);
        var options = fields[5].Split(',').Concat(fields[dash + 3].Split(','));
        return new Mount(
            int.Parse(fields[0], CultureInfo.InvariantCulture),
            int.Parse(fields[1], CultureInfo.InvariantCulture),
            fields[2],
            Unescape(fields[3]),
            Unescape(fields[4]),
            options.Contains("ro"),
            fields[dash + 1],
            Unescape(fields[dash + 2]));
    }

    /// <summary>The kernel writes space, tab, line feed and backslash as three octal digits.</summary>
    private static string Unescape(string text)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length)
            {
                bytes.Add(Convert.ToByte(text.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text[i].ToString()));
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
