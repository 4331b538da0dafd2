using Quorate.Contracts.Sites;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Quorate.Platforms.Docker;

/// <summary>Changes one service's environment in a resolved Compose file.</summary>
internal static class ComposeRendering
{
    /// <summary>
    /// The file with exactly <paramref name="environment"/> for the service: what else was declared is gone, which an
    /// override file could not say. <c>$</c> is doubled because Compose interpolates the file once more.
    /// </summary>
    public static string WithEnvironment(string resolved, string service, IReadOnlyDictionary<string, string> environment)
    {
        var yaml = new YamlStream();
        try
        {
            yaml.Load(new StringReader(resolved));
        }
        catch (YamlException error)
        {
            throw new PlatformException($"Compose printed a file that is not YAML: {error.Message}", retryable: false, error);
        }

        if (yaml.Documents is not [{ RootNode: YamlMappingNode root }, ..] || Child(Child(root, "services"), service) is not { } declared)
        {
            throw new PlatformException($"Compose does not list service '{service}'", retryable: false);
        }

        declared.Children.Remove(new YamlScalarNode("env_file"));
        var values = new YamlMappingNode();
        foreach (var (name, value) in environment.OrderBy(e => e.Key, StringComparer.Ordinal))
        {
            values.Add(Quoted(name), Quoted(value.Replace("$", "$$", StringComparison.Ordinal)));
        }

        declared.Children[new YamlScalarNode("environment")] = values;
        using var text = new StringWriter();
        yaml.Save(text, assignAnchors: false);
        return text.ToString();
    }

    private static YamlMappingNode? Child(YamlMappingNode? parent, string name) =>
        parent?.Children.TryGetValue(new YamlScalarNode(name), out var node) == true ? node as YamlMappingNode : null;

    private static YamlScalarNode Quoted(string text) => new(text) { Style = ScalarStyle.DoubleQuoted };
}
