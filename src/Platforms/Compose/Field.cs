using System.Globalization;

namespace Quorate.Platforms.Compose;

/// <summary>A place in the project's tree with its key path: reads typed values and notes what is wrong with them.</summary>
internal readonly record struct Field(Node? Node, string Path, Problems Problems)
{
    public bool IsAbsent => Node is null or ScalarNode { IsNull: true };

    public Field this[string key] =>
        new(Node is MapNode map ? map.Entries.GetValueOrDefault(key) : null, Path.Length == 0 ? key : $"{Path}.{key}", Problems) { Parent = Node ?? Parent };

    /// <summary>The nearest place above that is in the file: what an absent value's mistake is reported at.</summary>
    private Node? Parent { get; init; }

    public void Wrong(string allowed)
    {
        if (Node is not null)
        {
            Problems.Add(Node, Path, $"allowed: {allowed}");
        }
        else
        {
            Problems.Add(Parent?.Source.Path ?? "", Parent?.Line ?? 0, $"{Path}: not given; allowed: {allowed}");
        }
    }

    /// <summary>The entries of a map; nothing, with a problem noted, when it is something else.</summary>
    public IEnumerable<(string Key, Field Value)> Entries(string allowed = "a map")
    {
        if (Node is MapNode map)
        {
            var self = this;
            return map.Entries.Select(e => (e.Key, self[e.Key]));
        }

        Complain(allowed);
        return [];
    }

    public IEnumerable<Field> Items(string allowed = "a list")
    {
        if (Node is ListNode list)
        {
            var (path, problems) = (Path, Problems);
            return list.Items.Select((item, i) => new Field(item, $"{path}[{i}]", problems));
        }

        Complain(allowed);
        return [];
    }

    /// <summary>A list's items, or the value itself as the only one.</summary>
    public IEnumerable<Field> OneOrMany() => IsAbsent ? [] : Node is ListNode ? Items() : [this];

    public string? Text(string allowed = "text")
    {
        if (Node is ScalarNode { IsNull: false } scalar)
        {
            if (!scalar.Text.Contains('\0'))
            {
                return scalar.Text;
            }

            Wrong("text without NUL characters");
            return null;
        }

        Complain(allowed);
        return null;
    }

    /// <summary>Like <see cref="Text"/>, where an absent value, a null and an empty text mean none.</summary>
    public string? NonEmptyText(string allowed)
    {
        var text = Text(allowed);
        if (text is { Length: 0 })
        {
            Wrong(allowed);
        }

        return text is { Length: > 0 } ? text : null;
    }

    public int? Integer(int min, int max)
    {
        if (Text() is not { } text)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
        {
            return value;
        }

        Wrong($"a whole number from {min} to {max}");
        return null;
    }

    public double? Number(double min, double max)
    {
        if (Text() is not { } text)
        {
            return null;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
        {
            return value;
        }

        Wrong($"a number from {min} to {max}");
        return null;
    }

    public bool? Flag()
    {
        switch (Text()?.ToLowerInvariant())
        {
            case null:
                return null;
            case "true" or "yes" or "on" or "y":
                return true;
            case "false" or "no" or "off" or "n":
                return false;
            default:
                Wrong("true or false");
                return null;
        }
    }

    public Uri? HttpUrl()
    {
        const string allowed = "an absolute http or https URL, such as http://127.0.0.1:8080/healthz";
        if (NonEmptyText(allowed) is not { } text)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
        {
            return url;
        }

        Wrong(allowed);
        return null;
    }

    /// <summary>A path made full against the folder of the file it stands in.</summary>
    public string? FullPath()
    {
        if (NonEmptyText("a path") is not { } text)
        {
            return null;
        }

        return Node!.Source.Resolve(Units.ExpandHome(text));
    }

    private void Complain(string allowed)
    {
        if (!IsAbsent)
        {
            Wrong(allowed);
        }
    }
}
