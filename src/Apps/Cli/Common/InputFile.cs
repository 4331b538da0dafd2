using System.Text;
using Quorate.Contracts;

namespace Quorate.Cli.Common;

/// <summary>A text file that a person names.</summary>
internal static class InputFile
{
    /// <param name="path">Any file: a pipe or a device is read as well, up to the limit.</param>
    /// <param name="most">Bytes allowed.</param>
    /// <param name="code">The error's code.</param>
    /// <exception cref="QuorateException">Input: it is not there, cannot be read or is too large.</exception>
    public static string ReadText(string path, int most, string code)
    {
        try
        {
            var bytes = BoundedFile.Read(path, most);
            return bytes.Length <= most
                ? Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF')
                : throw QuorateException.Input(code, $"{path} has more than {most} bytes; at most {most} are allowed.");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw QuorateException.Input(code, $"{path} does not exist.", inner: error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw QuorateException.Input(code, Directory.Exists(path) ? $"{path} is a folder; a file is needed." : $"{path} cannot be read: {error.Message}", inner: error);
        }
    }
}
