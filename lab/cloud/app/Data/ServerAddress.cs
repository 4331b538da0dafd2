namespace Quorate.Lab.Cloud.Data;

/// <summary>Where a server is and as whom to log in: <c>scheme://user@host:port/name</c> and a password beside it.</summary>
internal sealed record ServerAddress(string User, string Host, int Port, string Name, string Password)
{
    public override string ToString() => $"{Host}:{Port}";

    /// <exception cref="UsageException">The variable is not such an address.</exception>
    public static ServerAddress Read(string prefix, string scheme)
    {
        string text = Env.Text($"{prefix}_URL", "");
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme == scheme && url.Host.Length > 0 && url.Port > 0
            ? new ServerAddress(url.UserInfo, url.Host, url.Port, url.AbsolutePath.Trim('/'), Env.Text($"{prefix}_PASSWORD", ""))
            : throw new UsageException($"{prefix}_URL={text} must be of the form {scheme}://user@host:port/name");
    }
}
